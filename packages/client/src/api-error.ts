import type { ErrorCode, Problem } from '@pressroom/contracts';

/** The API refused a request. `problem.code` is stable; `problem.errors` names each fault of a bad request. */
export class ApiError extends Error {
  readonly problem: Problem;
  /** How long the server asks to wait before trying again. */
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

/** No answer came: the server is not there, or the connection broke. `cause` has the platform's own error. */
export class ConnectionError extends Error {
  override get name(): string {
    return 'ConnectionError';
  }
}

function describe(problem: Problem): string {
  const faults = (problem.errors ?? []).map(({ path, message }) => `\n  ${path || 'body'}: ${message}`);
  return `${problem.code}: ${problem.detail ?? problem.title}${faults.join('')}`;
}
