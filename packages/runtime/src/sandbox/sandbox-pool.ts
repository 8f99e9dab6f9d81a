import { createFairSlots } from '../fair-slots.ts';
import { startSandboxChild, type SandboxChild, type SandboxLimits } from './sandbox-child.ts';
import { SandboxMemoryError, SandboxTimeoutError, SandboxUnavailableError } from './sandbox-errors.ts';
import { createTimeAllowance } from './time-allowance.ts';

export interface SandboxPoolOptions extends SandboxLimits {
  /** The child's program, which calls `serveSandbox`. */
  entry: URL;
  /** Maximum children, each with one job at a time. */
  size: number;
  /** Maximum concurrent jobs of one tenant; default `size`. */
  sizeOfTenant?: number;
  /** Maximum jobs of one tenant waiting for a child; others are rejected. */
  maxWaiting?: number;
  /**
   * Each job that exceeds a limit halves the time limit of its tenant's next jobs, down to a quarter, until this long after
   * the last one; default: never.
   */
  strikeMs?: number;
  /** Idle time after which a child is ended. */
  idleMs?: number;
  /** Called at the end of each job, for metrics. */
  onJob?: (facts: { job: string; outcome: string; durationMs: number }) => void;
}

export interface SandboxRunOptions {
  tenantId?: string;
  signal?: AbortSignal;
  timeoutMs?: number;
}

/**
 * Runs code on untrusted input in child processes that can be killed, so that no input can block or crash this process.
 * Children are started on demand and ended when idle; one that exceeds a limit is replaced for the next job.
 */
export interface SandboxPool {
  /**
   * Runs one job of the entry on structured data. Tenants are served round robin, jobs of one tenant in FIFO order.
   *
   * @param options.tenantId whose job it is; jobs without one share their turns
   * @param options.timeoutMs overrides the pool's
   * @throws {SandboxTimeoutError | SandboxMemoryError | SandboxFailedError} caused by the input: a retry fails again
   * @throws {SandboxUnavailableError} too many jobs of the tenant wait, or a child cannot be started
   * @throws the signal's reason when it aborts; the job is then killed
   */
  run(job: string, input: unknown, options?: SandboxRunOptions): Promise<unknown>;
  /** Number of running children. */
  readonly children: number;
  /** Kills all children; running jobs fail. No jobs can be run afterwards. */
  close(): Promise<void>;
}

const DEFAULT_MAX_WAITING = 256;
const DEFAULT_IDLE_MS = 30_000;

export function createSandboxPool(options: SandboxPoolOptions): SandboxPool {
  const { entry, size, timeoutMs, memoryMb } = options;
  const { maxWaiting = DEFAULT_MAX_WAITING, idleMs = DEFAULT_IDLE_MS } = options;
  const slots = createFairSlots({ process: size, tenant: options.sizeOfTenant ?? size });
  const allowance = createTimeAllowance(options.strikeMs ?? 0);
  const children = new Set<SandboxChild>();
  const idle = new Map<SandboxChild, NodeJS.Timeout>();
  let isClosed = false;

  const end = async (child: SandboxChild): Promise<void> => {
    children.delete(child);
    clearTimeout(idle.get(child));
    idle.delete(child);
    await child.kill();
  };
  const returnChild = (child: SandboxChild): void => {
    if (isClosed || !child.isUsable) {
      void end(child);
      return;
    }
    const timer = setTimeout(() => void end(child), idleMs);
    timer.unref();
    idle.set(child, timer);
  };
  /** Returns the child used most recently, so that the others stay idle long enough to be ended. */
  const acquireChild = async (): Promise<SandboxChild> => {
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

  const runInChild = async (job: string, input: unknown, jobOptions: SandboxRunOptions): Promise<unknown> => {
    const tenantId = jobOptions.tenantId ?? '';
    const release = await slots.acquire(tenantId, jobOptions.signal);
    try {
      if (isClosed) throw new SandboxUnavailableError('the sandbox is closed');
      const child = await acquireChild();
      try {
        jobOptions.signal?.throwIfAborted();
        // Closed while the child was starting.
        if (!children.has(child)) throw new SandboxUnavailableError('the sandbox is closed');
        const limitMs = allowance.limitMs(tenantId, jobOptions.timeoutMs ?? timeoutMs);
        return await child.run(job, input, { timeoutMs: limitMs }, jobOptions.signal);
      } catch (error) {
        if (error instanceof SandboxTimeoutError || error instanceof SandboxMemoryError) allowance.addStrike(tenantId);
        throw error;
      } finally {
        returnChild(child);
      }
    } finally {
      release();
    }
  };

  return {
    get children() {
      return children.size;
    },
    async run(job, input, jobOptions = {}) {
      jobOptions.signal?.throwIfAborted();
      if (isClosed) throw new SandboxUnavailableError('the sandbox is closed');
      const waiting = slots.waitingOf(jobOptions.tenantId ?? '');
      if (waiting >= maxWaiting) {
        throw new SandboxUnavailableError(
          `${waiting} jobs of the tenant are already waiting for the sandbox; try again later`,
        );
      }
      const startedMs = performance.now();
      const report = (outcome: string): void => {
        options.onJob?.({ job, outcome, durationMs: performance.now() - startedMs });
      };
      try {
        const output = await runInChild(job, input, jobOptions);
        report('ok');
        return output;
      } catch (error) {
        report(jobOptions.signal?.aborted === true ? 'aborted' : ((error as { code?: string }).code ?? 'failed'));
        throw error;
      }
    },
    async close() {
      isClosed = true;
      await Promise.all([...children].map(end));
    },
  };
}
