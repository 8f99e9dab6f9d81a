import { AppError } from '@pressroom/runtime';

/** The embedded PostgreSQL cannot run; the message has the remedy. */
export class EmbeddedPostgresError extends AppError {
  readonly code = 'STORE_UNSUITABLE';
  readonly retryable = false;
}
