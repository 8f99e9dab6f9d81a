import { AppError } from '@pressroom/runtime';

/** The start was aborted; the message is for the person at the terminal and says what to do. */
export class StartError extends AppError {
  readonly code = 'CONFIG_INVALID';
  readonly retryable = false;
}
