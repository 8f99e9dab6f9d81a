import { AppError, type AppErrorOptions } from '../app-error.ts';

/** The guard refuses to connect: the URL, its port or where its name leads to is not allowed. Never worth a retry. */
export class EgressBlockedError extends AppError {
  readonly code = 'EGRESS_BLOCKED';
  readonly retryable = false;
}

/** The server could not be reached or answered with an error. `status` is the HTTP status when there was an answer. */
export class FetchFailedError extends AppError {
  readonly code = 'FETCH_FAILED';
  readonly retryable: boolean;
  readonly status: number | undefined;

  constructor(message: string, options: AppErrorOptions & { retryable: boolean; status?: number }) {
    super(message, options);
    this.retryable = options.retryable;
    this.status = options.status;
  }
}

/** Connecting, the first byte, the whole, or the rate: the message says which took too long. */
export class FetchTimedOutError extends AppError {
  readonly code = 'FETCH_TIMED_OUT';
  readonly retryable = true;
}

/** Headers or body are larger than allowed, on the wire or unpacked. */
export class FetchTooLargeError extends AppError {
  readonly code = 'FETCH_TOO_LARGE';
  readonly retryable = false;
}

/** The content's type or encoding is none that the caller can use. */
export class FetchUnsupportedTypeError extends AppError {
  readonly code = 'FETCH_UNSUPPORTED_TYPE';
  readonly retryable = false;
}

/**
 * The site's robots.txt does not let us fetch this, or could not be read, which counts as a no (RFC 9309, section
 * 2.3.1.4) until it can be.
 */
export class RobotsDisallowedError extends AppError {
  readonly code = 'FETCH_ROBOTS_DISALLOWED';
  readonly retryable: boolean;

  constructor(message: string, options: AppErrorOptions & { retryable: boolean }) {
    super(message, options);
    this.retryable = options.retryable;
  }
}
