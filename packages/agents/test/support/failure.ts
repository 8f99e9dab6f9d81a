import type { ErrorCode } from '@pressroom/contracts';
import { AppError } from '@pressroom/runtime';

/** An AppError with any code, as gateway, tools and egress throw them. */
export class Failure extends AppError {
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(code: ErrorCode, retryable = false) {
    super(`failed with ${code}`);
    this.code = code;
    this.retryable = retryable;
  }
}
