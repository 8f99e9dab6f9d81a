import { AppError } from '../app-error.ts';

/** The input took longer than it may: the child process was killed. The same input takes as long again. */
export class SandboxTimeoutError extends AppError {
  readonly code = 'SANDBOX_TIMED_OUT';
  readonly retryable = false;

  constructor(job: string, timeoutMs: number) {
    super(`${job} took longer than ${timeoutMs} ms and was stopped`);
  }
}

/** The input took more memory than it may: the child process was killed, or ended by V8. */
export class SandboxMemoryError extends AppError {
  readonly code = 'SANDBOX_OUT_OF_MEMORY';
  readonly retryable = false;

  constructor(job: string, memoryMb: number) {
    super(`${job} took more than ${memoryMb} MB of memory and was stopped`);
  }
}

/** The code in the child threw, or ended the child: the input is beyond it. */
export class SandboxFailedError extends AppError {
  readonly code = 'SANDBOX_FAILED';
  readonly retryable = false;

  constructor(job: string, reason: string) {
    super(`${job} failed: ${reason}`);
  }
}

/** No child can be had: as many jobs wait as may, no process can be started, or the pool is closed. */
export class SandboxUnavailableError extends AppError {
  readonly code = 'SANDBOX_UNAVAILABLE';
  readonly retryable = true;
}
