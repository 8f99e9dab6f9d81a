import type { ErrorCode } from '@pressroom/contracts';
import { AppError, type AppErrorOptions } from '@pressroom/runtime';

/** One fault of a request: where (`input.sources[2].url`, `limit`, `Idempotency-Key`) and what is wrong there. */
export interface Fault {
  path: string;
  message: string;
}

/** Faults one answer names at most; a body of a million wrong elements must not become a larger answer. */
export const MAX_FAULTS = 100;

export interface RequestErrorOptions extends AppErrorOptions {
  errors?: readonly Fault[];
  /** Response headers the answer needs, such as `Allow`. */
  headers?: Readonly<Record<string, string>>;
  /** Extension members of the problem document. */
  members?: Readonly<Record<string, unknown>>;
}

/** A path is as long as the names in it, which are the caller's. */
const MAX_PATH_LENGTH = 200;

const clipPath = ({ path, message }: Fault): Fault => ({
  path: path.length <= MAX_PATH_LENGTH ? path : `${path.slice(0, MAX_PATH_LENGTH)}…`,
  message,
});

/** A request that cannot be served as asked. Its message is shown to the caller: never put a secret or content in it. */
export class RequestError extends AppError {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly errors: readonly Fault[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, detail: string, options: RequestErrorOptions = {}) {
    super(detail, options);
    this.code = code;
    this.retryable = options.retryAfterMs !== undefined;
    this.errors = options.errors?.slice(0, MAX_FAULTS).map(clipPath);
    this.headers = options.headers ?? {};
    this.members = options.members ?? {};
  }
}

/** 404 for what does not exist and for what belongs to another tenant: the two must look the same. */
export const notFound = (what: string): RequestError => new RequestError('NOT_FOUND', `no such ${what}`);

/** 400 naming every fault. */
export const invalid = (errors: readonly Fault[]): RequestError =>
  new RequestError(
    'VALIDATION_FAILED',
    errors.length === 1 ? 'the request has a fault' : `the request has ${errors.length} faults`,
    {
      errors,
    },
  );
