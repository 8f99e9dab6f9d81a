import { AppError } from './app-error.ts';

/**
 * The attempt no longer holds its lease: it was cancelled, timed out or given to another worker. None of its results are
 * accepted. Retryable, because the step itself may be running elsewhere.
 */
export class LeaseLostError extends AppError {
  readonly code = 'LEASE_LOST';
  readonly retryable = true;

  constructor(message = 'the attempt no longer holds its lease') {
    super(message);
  }
}
