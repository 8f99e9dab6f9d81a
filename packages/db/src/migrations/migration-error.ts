import { AppError, errorMessage } from '@pressroom/runtime';

/** The database cannot be upgraded to this build's schema; the message has the cause and the remedy. */
export class MigrationError extends AppError {
  readonly code = 'STORE_UNSUITABLE';
  readonly retryable = false;
}

/** The server of DATABASE_URL is unreachable. */
export class DatabaseUnreachableError extends AppError {
  readonly code = 'UNAVAILABLE';
  readonly retryable = true;

  /** The password of the URL never appears in the message. */
  constructor(databaseUrl: string, cause: unknown) {
    super(
      `cannot connect to PostgreSQL at ${describe(databaseUrl)} (${reason(cause)}): is the server up, and DATABASE_URL right?`,
      { cause },
    );
  }
}

function describe(databaseUrl: string): string {
  try {
    const { host, pathname } = new URL(databaseUrl);
    return `${host}${pathname}`;
  } catch {
    return 'DATABASE_URL';
  }
}

/** Node reports a refused connection to several addresses as an error without a message. */
function reason(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return errorMessage(first);
}
