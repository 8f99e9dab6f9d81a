import { AppError } from '@pressroom/runtime';

/** The queue store is there but must not be used as it is; the message says what to change. */
export class StoreUnsuitableError extends AppError {
  readonly code = 'STORE_UNSUITABLE';
  readonly retryable = false;
}

/** The queue store does not answer. Nothing is lost by that: dispatch is rebuilt from PostgreSQL. */
export class QueueStoreUnavailableError extends AppError {
  readonly code = 'UNAVAILABLE';
  readonly retryable = true;
}
