import { AppError, type AppErrorOptions, FetchFailedError } from '@pressroom/runtime';

/** A tool could not answer: it is down, too slow, refuses us, or says what makes no sense. The message is fit for users. */
export class ToolUnavailableError extends AppError {
  readonly code = 'TOOL_UNAVAILABLE';
  readonly retryable = true;
  /** May the service have counted the call all the same? False when it is certain that it did not. */
  readonly mayBeBilled: boolean;

  constructor(message: string, options: AppErrorOptions & { mayBeBilled: boolean }) {
    super(message, options);
    this.mayBeBilled = options.mayBeBilled;
  }
}

/** What a tool made of a call fails with, whatever it threw. */
export function toToolUnavailable(tool: string, error: unknown): ToolUnavailableError {
  if (error instanceof ToolUnavailableError) return error;
  const reason = AppError.is(error) ? error.message : 'it failed';
  return new ToolUnavailableError(`${tool}: ${reason}`, { mayBeBilled: mayBeBilled(error), cause: error });
}

/** The connection was never made, so that nothing can have been counted. */
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
  // Services count the searches they answer, not those they refuse.
  if (error.status !== undefined) return false;
  return !NEVER_CONNECTED.has((error.cause as { code?: unknown } | undefined)?.code);
}
