import { createSemaphore } from '../semaphore.ts';
import { startSandboxChild, type SandboxChild, type SandboxLimits } from './sandbox-child.ts';
import { SandboxUnavailableError } from './sandbox-errors.ts';

export interface SandboxPoolOptions extends SandboxLimits {
  /** The child's program; it calls `serveSandbox`. */
  entry: URL;
  /** Children at most, each with one job at a time. */
  size: number;
  /** Jobs that may wait for a child; more are refused. */
  maxWaiting?: number;
  /** A child without work ends after this. */
  idleMs?: number;
  /** Told how each job ended, for metrics. */
  onJob?: (facts: { job: string; outcome: string; durationMs: number }) => void;
}

/**
 * Runs code on untrusted input in child processes that can be killed, so that no input can block or end this process.
 * Children start when they are needed and end when they are idle; one that broke a limit is replaced at the next job.
 */
export interface SandboxPool {
  /**
   * Runs one job of the entry on structured data. First come, first served.
   *
   * @param options.timeoutMs in place of the pool's
   * @throws {SandboxTimeoutError | SandboxMemoryError | SandboxFailedError} the input's fault: a retry fails again
   * @throws {SandboxUnavailableError} too many jobs wait, or a child cannot be started
   * @throws the signal's reason when it aborts; the job is then killed
   */
  run(job: string, input: unknown, options?: { signal?: AbortSignal; timeoutMs?: number }): Promise<unknown>;
  /** Children that live now. */
  readonly children: number;
  /** Kills all children; jobs that run fail. Nothing can be run after that. */
  close(): Promise<void>;
}

const DEFAULT_MAX_WAITING = 256;
const DEFAULT_IDLE_MS = 30_000;

export function createSandboxPool(options: SandboxPoolOptions): SandboxPool {
  const { entry, size, timeoutMs, memoryMb } = options;
  const { maxWaiting = DEFAULT_MAX_WAITING, idleMs = DEFAULT_IDLE_MS } = options;
  const slots = createSemaphore(size);
  const children = new Set<SandboxChild>();
  const idle = new Map<SandboxChild, NodeJS.Timeout>();
  let isClosed = false;

  const end = async (child: SandboxChild): Promise<void> => {
    children.delete(child);
    clearTimeout(idle.get(child));
    idle.delete(child);
    await child.kill();
  };
  const rest = (child: SandboxChild): void => {
    if (isClosed || !child.isUsable) {
      void end(child);
      return;
    }
    const timer = setTimeout(() => void end(child), idleMs);
    timer.unref();
    idle.set(child, timer);
  };
  /** The child that worked last, so that the others become idle long enough to end. */
  const wake = async (): Promise<SandboxChild> => {
    for (const child of [...idle.keys()].reverse()) {
      clearTimeout(idle.get(child));
      idle.delete(child);
      if (child.isUsable) return child;
      await end(child);
    }
    const child = await startSandboxChild(entry, { memoryMb });
    if (!isClosed) children.add(child);
    return child;
  };

  const runInChild = async (
    job: string,
    input: unknown,
    own: { signal?: AbortSignal; timeoutMs?: number },
  ): Promise<unknown> => {
    const release = await slots.acquire(own.signal);
    try {
      if (isClosed) throw new SandboxUnavailableError('the sandbox is closed');
      const child = await wake();
      try {
        own.signal?.throwIfAborted();
        // Closed while the child started.
        if (!children.has(child)) throw new SandboxUnavailableError('the sandbox is closed');
        return await child.run(job, input, { timeoutMs: own.timeoutMs ?? timeoutMs }, own.signal);
      } finally {
        rest(child);
      }
    } finally {
      release();
    }
  };

  return {
    get children() {
      return children.size;
    },
    async run(job, input, own = {}) {
      own.signal?.throwIfAborted();
      if (isClosed) throw new SandboxUnavailableError('the sandbox is closed');
      if (slots.waiting >= maxWaiting) {
        throw new SandboxUnavailableError(`${slots.waiting} jobs wait for the sandbox already; try again later`);
      }
      const startedMs = performance.now();
      const report = (outcome: string): void => {
        options.onJob?.({ job, outcome, durationMs: performance.now() - startedMs });
      };
      try {
        const output = await runInChild(job, input, own);
        report('ok');
        return output;
      } catch (error) {
        report(own.signal?.aborted === true ? 'aborted' : ((error as { code?: string }).code ?? 'failed'));
        throw error;
      }
    },
    async close() {
      isClosed = true;
      await Promise.all([...children].map(end));
    },
  };
}
