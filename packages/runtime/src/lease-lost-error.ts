import { AppError } from './app-error.ts';

/**
 * The attempt no longer holds its lease: it was cancelled, ended by a deadline or given to another worker. Nothing it does
 * counts any more. Retryable, because the step itself may well be running elsewhere.
 */
export class LeaseLostError extends AppError {
  readonly code = 'LEASE_LOST';
  readonly retryable = true;

  constructor(message = 'the attempt no longer holds its lease') {
    super(message);
  }
}
