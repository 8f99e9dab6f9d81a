import type { ErrorCode } from '@pressroom/contracts';

const MARKER = Symbol.for('pressroom.error');

export interface AppErrorOptions extends ErrorOptions {
  /** Requested wait before a retry, in milliseconds (`retry-after`). */
  retryAfterMs?: number;
}

/** Base class of all expected errors. Any other error that reaches an edge is a bug. */
export abstract class AppError extends Error {
  readonly [MARKER] = true;
  /** Stable, part of the API. */
  abstract readonly code: ErrorCode;
  /** Whether the same input may succeed later. */
  abstract readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: AppErrorOptions = {}) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }

  override get name(): string {
    return this.constructor.name;
  }

  /** Recognises `AppError`s even when two copies of this package are loaded. */
  static is(error: unknown): error is AppError {
    return typeof error === 'object' && error !== null && MARKER in error;
  }
}

/** Message of any thrown value, for logs and `cause` chains; never throws. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
