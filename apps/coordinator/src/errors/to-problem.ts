import type { ErrorCode, Problem } from '@pressroom/contracts';
import { AppError } from '@pressroom/runtime';

import { PROBLEM_STATUS } from './problem-status.ts';
import { RequestError } from './request-error.ts';

/** The `Retry-After` of an outage whose origin gave none. */
const DEFAULT_RETRY_AFTER_MS = 2_000;

export interface ProblemAnswer {
  status: number;
  problem: Problem;
  headers: Record<string, string>;
  /** True for an internal error that needs attention. */
  isBug: boolean;
}

/**
 * The answer for anything that was thrown. Messages of unknown errors and of 5xx are replaced: they may name hosts,
 * statements or content. Never throws.
 */
export function toProblem(error: unknown, request: { path: string; requestId: string }): ProblemAnswer {
  const code = codeOf(error);
  const status = PROBLEM_STATUS[code];
  const requestError = error instanceof RequestError ? error : undefined;
  const retryAfterMs = AppError.is(error) ? error.retryAfterMs : undefined;
  const headers: Record<string, string> = { ...requestError?.headers };
  if (status === 429 || status === 503) {
    headers['Retry-After'] = String(Math.max(1, Math.ceil((retryAfterMs ?? DEFAULT_RETRY_AFTER_MS) / 1_000)));
  }
  return {
    status,
    headers,
    isBug: status === 500,
    problem: {
      type: `/docs#${code}`,
      title: titleOf(code),
      status,
      code,
      detail: detailOf(error, status),
      instance: request.path,
      requestId: request.requestId,
      ...(requestError?.errors !== undefined && { errors: [...requestError.errors] }),
      ...requestError?.members,
    },
  };
}

function codeOf(error: unknown): ErrorCode {
  if (AppError.is(error)) return Object.hasOwn(PROBLEM_STATUS, error.code) ? error.code : 'INTERNAL';
  // The router could not decode a path segment, so it names nothing that exists.
  if (error instanceof URIError || (error as { status?: unknown } | null)?.status === 400) return 'NOT_FOUND';
  return 'INTERNAL';
}

function detailOf(error: unknown, status: number): string {
  if (error instanceof RequestError) return error.message;
  if (status === 503) return 'a store that this request needs cannot be reached; try again';
  if (status < 500 && AppError.is(error)) return error.message;
  if (status === 404) return 'no such resource';
  return 'something went wrong on our side; the request id finds it in the logs';
}

/** `TASK_NOT_FINISHED` → `Task not finished`. */
function titleOf(code: ErrorCode): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
