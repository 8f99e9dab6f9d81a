import { AppError, type AppErrorOptions, FetchFailedError } from '@pressroom/runtime';

/** A tool failed: it is down, too slow, refuses the request or returns an invalid reply. The message is safe for users. */
export class ToolUnavailableError extends AppError {
  readonly code = 'TOOL_UNAVAILABLE';
  readonly retryable = true;
  /** Whether the service may have billed the call. False when it certainly did not. */
  readonly mayBeBilled: boolean;

  constructor(message: string, options: AppErrorOptions & { mayBeBilled: boolean }) {
    super(message, options);
    this.mayBeBilled = options.mayBeBilled;
  }
}

/** Converts any error of a tool. */
export function toToolUnavailable(tool: string, error: unknown): ToolUnavailableError {
  if (error instanceof ToolUnavailableError) return error;
  const reason = AppError.is(error) ? error.message : 'it failed';
  return new ToolUnavailableError(`${tool}: ${reason}`, { mayBeBilled: mayBeBilled(error), cause: error });
}

/** No connection was established, so nothing can have been billed. */
const NEVER_CONNECTED: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

function mayBeBilled(error: unknown): boolean {
  if (!AppError.is(error)) return true;
  if (error.code === 'EGRESS_BLOCKED') return false;
  if (!(error instanceof FetchFailedError)) return true;
  // Services bill the searches that they answer, not those that they reject.
  if (error.status !== undefined) return false;
  return !NEVER_CONNECTED.has((error.cause as { code?: unknown } | undefined)?.code);
}
