import { AppError } from '../app-error.ts';

/** The input exceeded the time limit and the child was killed. A retry would fail again. */
export class SandboxTimeoutError extends AppError {
  readonly code = 'SANDBOX_TIMED_OUT';
  readonly retryable = false;
  readonly timeoutMs: number;

  constructor(job: string, timeoutMs: number) {
    super(`${job} took longer than ${timeoutMs} ms and was stopped`);
    this.timeoutMs = timeoutMs;
  }
}

/** The input exceeded the memory limit: the child was killed, or ended by V8. */
export class SandboxMemoryError extends AppError {
  readonly code = 'SANDBOX_OUT_OF_MEMORY';
  readonly retryable = false;

  constructor(job: string, memoryMb: number) {
    super(`${job} took more than ${memoryMb} MB of memory and was stopped`);
  }
}

/** The code in the child threw or ended the child: it cannot process the input. */
export class SandboxFailedError extends AppError {
  readonly code = 'SANDBOX_FAILED';
  readonly retryable = false;

  constructor(job: string, reason: string) {
    super(`${job} failed: ${reason}`);
  }
}

/** No child is available: the waiting limit is reached, no process can be started, or the pool is closed. */
export class SandboxUnavailableError extends AppError {
  readonly code = 'SANDBOX_UNAVAILABLE';
  readonly retryable = true;
}
