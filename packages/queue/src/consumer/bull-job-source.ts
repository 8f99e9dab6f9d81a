import type { QueueName } from '@pressroom/contracts';
import { bounded } from '@pressroom/runtime';
import { Job, type JobJson } from 'bullmq';

import type { BullWorker, LockTiming, QueueBackend } from '../backend/queue-backend.ts';
import { QueueStoreUnavailableError } from '../store-errors.ts';
import type { Claim, JobSource } from './job-source.ts';

const COMMAND_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 2_000;
/** Tolerance beyond the requested wait before it counts as hung. */
const WAIT_MARGIN_MS = 5_000;

/**
 * A queue through BullMQ's backend, without its worker loop: that loop claims jobs before this process has a free slot,
 * and has no limit across queues.
 */
export function createBullJobSource(backend: QueueBackend, queue: QueueName, timing: LockTiming): JobSource {
  const worker: BullWorker = backend.openWorker(queue, timing);
  const store = worker.getBackend();

  const command = async <T>(what: string, work: Promise<T>, timeoutMs = COMMAND_TIMEOUT_MS): Promise<T> => {
    try {
      return await bounded(
        work,
        timeoutMs,
        () => new QueueStoreUnavailableError(`${what} took more than ${timeoutMs} ms`),
      );
    } catch (error) {
      backend.noteError(error);
      throw error;
    }
  };

  return {
    queue,
    claim: async (token) => readClaim(await command('claim', store.moveToActive(token))),
    complete: async (job, token, takeNext) => {
      // Completion needs only id and options; the data may be unreadable.
      const done = Job.fromJSON(worker, { id: job.id, name: '', data: '{}', opts: { attempts: 1 } } as JobJson, job.id);
      const { result } = await command('complete', store.moveToCompleted(done, null, true, token, takeNext));
      return readClaim(result);
    },
    renew: (jobs) =>
      command(
        'renew',
        store.extendLocks(
          jobs.map(({ id }) => id),
          jobs.map(({ token }) => token),
          timing.lockDurationMs,
        ),
      ),
    recoverStalled: async () => (await command('recover', store.moveStalledJobsToWait())).length,
    wait: async (waitMs) => {
      const seconds = Math.max(waitMs / 1_000, store.minimumBlockTimeout);
      const signal = await command('wait', store.waitForJob(seconds), waitMs + WAIT_MARGIN_MS);
      if (signal === null) return { outcome: 'timeout' };
      return signal.score > 0 ? { outcome: 'delayed', nextAtMs: signal.score } : { outcome: 'signalled' };
    },
    returnSignal: () => command('signal', backend.returnSignal(worker)),
    interrupt: () => command('interrupt', store.disconnectBlocking(false), CLOSE_TIMEOUT_MS),
    close: () => command('close', worker.close(true), CLOSE_TIMEOUT_MS),
  };
}

/** `[job, id, rateLimitDelay, delayUntil]` from either backend; empty when no next job was requested. */
function readClaim(reply: unknown): Claim {
  const [job, id = '', , nextAtMs] = Array.isArray(reply) ? (reply as [JobJson | null, string, number, number]) : [];
  return {
    job: job ? { id, data: job.data } : undefined,
    nextAtMs: nextAtMs !== undefined && nextAtMs > 0 ? nextAtMs : undefined,
  };
}
