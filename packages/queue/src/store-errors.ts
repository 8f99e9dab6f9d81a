import { AppError } from '@pressroom/runtime';

/** The queue store cannot be used in its current configuration; the message names the fix. */
export class StoreUnsuitableError extends AppError {
  readonly code = 'STORE_UNSUITABLE';
  readonly retryable = false;
}

/** The queue store does not respond. No data is lost: dispatch is rebuilt from PostgreSQL. */
export class QueueStoreUnavailableError extends AppError {
  readonly code = 'UNAVAILABLE';
  readonly retryable = true;
}
