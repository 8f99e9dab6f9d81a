import type { ErrorCode } from '@pressroom/contracts';

const MARKER = Symbol.for('pressroom.error');

export interface AppErrorOptions extends ErrorOptions {
  /** How long to wait before trying again, when the origin said so (`retry-after`). */
  retryAfterMs?: number;
}

/** Base of every error thrown on purpose. Anything else that reaches an edge is a bug. */
export abstract class AppError extends Error {
  readonly [MARKER] = true;
  /** Stable, part of the API. */
  abstract readonly code: ErrorCode;
  /** May the same input succeed later? */
  abstract readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: AppErrorOptions = {}) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs;
  }

  override get name(): string {
    return this.constructor.name;
  }

  /** Recognises our errors even when two copies of this package are loaded. */
  static is(error: unknown): error is AppError {
    return typeof error === 'object' && error !== null && MARKER in error;
  }
}

/** Message of anything that was thrown, for logs and `cause` chains; never throws itself. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
