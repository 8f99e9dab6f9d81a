import { AppError } from '@pressroom/runtime';

/** The database cannot be brought to this build's schema; the message says why and what to do. */
export class MigrationError extends AppError {
  readonly code = 'STORE_UNSUITABLE';
  readonly retryable = false;
}

/** The server behind DATABASE_URL does not answer. */
export class DatabaseUnreachableError extends AppError {
  readonly code = 'UNAVAILABLE';
  readonly retryable = true;
}
