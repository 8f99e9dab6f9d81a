import type { ErrorCode, Problem } from '@pressroom/contracts';

/** The API rejected a request. `problem.code` is stable; `problem.errors` lists the invalid fields. */
export class ApiError extends Error {
  readonly problem: Problem;
  /** Wait requested by the server before a retry. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: Problem, retryAfterMs?: number) {
    super(describe(problem));
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }

  override get name(): string {
    return 'ApiError';
  }

  get status(): number {
    return this.problem.status;
  }

  get code(): ErrorCode {
    return this.problem.code;
  }
}

/** No response: the server is unreachable, or the connection broke. `cause` is the platform's error. */
export class ConnectionError extends Error {
  override get name(): string {
    return 'ConnectionError';
  }
}

function describe(problem: Problem): string {
  const faults = (problem.errors ?? []).map(({ path, message }) => `\n  ${path || 'body'}: ${message}`);
  return `${problem.code}: ${problem.detail ?? problem.title}${faults.join('')}`;
}
