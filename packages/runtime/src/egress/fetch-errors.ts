import { AppError, type AppErrorOptions } from '../app-error.ts';

/** The guard refuses to connect: the URL, its port or its resolved address is not allowed. Not retryable. */
export class EgressBlockedError extends AppError {
  readonly code = 'EGRESS_BLOCKED';
  readonly retryable = false;
}

/** The server could not be reached or responded with an error. `status` is the HTTP status of a response. */
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

/** A timeout of the connection, the first byte, the whole response, or the minimum rate; the message says which. */
export class FetchTimedOutError extends AppError {
  readonly code = 'FETCH_TIMED_OUT';
  readonly retryable = true;
}

/** Headers or body exceed their limit, on the wire or decompressed. */
export class FetchTooLargeError extends AppError {
  readonly code = 'FETCH_TOO_LARGE';
  readonly retryable = false;
}

/** The content's type or encoding is not supported by the caller. */
export class FetchUnsupportedTypeError extends AppError {
  readonly code = 'FETCH_UNSUPPORTED_TYPE';
  readonly retryable = false;
}

/**
 * The site's robots.txt disallows the URL, or could not be read, which also disallows it (RFC 9309, section 2.3.1.4) until
 * it can be read.
 */
export class RobotsDisallowedError extends AppError {
  readonly code = 'FETCH_ROBOTS_DISALLOWED';
  readonly retryable: boolean;

  constructor(message: string, options: AppErrorOptions & { retryable: boolean }) {
    super(message, options);
    this.retryable = options.retryable;
  }
}
