import { AppError } from '@pressroom/runtime';

/** The embedded PostgreSQL cannot run here; the message says what to do about it. */
export class EmbeddedPostgresError extends AppError {
  readonly code = 'STORE_UNSUITABLE';
  readonly retryable = false;
}
