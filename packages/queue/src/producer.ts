import type { QueueName, StepJob } from '@pressroom/contracts';
import { bounded, type Clock, type Logger, systemClock } from '@pressroom/runtime';

import type { BullQueue, QueueBackend } from './backend/queue-backend.ts';
import { JOB_NAME, jobOptions, type StepDispatch } from './job-options.ts';
import { QueueStoreUnavailableError } from './store-errors.ts';
import { throttleLog } from './throttle-log.ts';

export interface AddOutcome {
  /** Stored. */
  added: StepJob[];
  /** Not confirmed; adding them again is safe. */
  failed: StepJob[];
}

/**
 * Adds step attempts to queues on a best-effort basis: PostgreSQL is the source of truth, and the next sweep dispatches
 * what was not added. Never rejects and never takes longer than its timeout. Adding a waiting or running attempt has no
 * effect.
 */
export interface Producer {
  add(queue: QueueName, jobs: readonly StepDispatch[]): Promise<AddOutcome>;
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 1_000;
const CHUNK = 500;
const CLOSE_TIMEOUT_MS = 1_000;
/** After a timeout of the store, further additions fail immediately for this long. */
const UNAVAILABLE_MS = 1_000;

/** @param options.timeoutMs maximum duration of an `add`, for all its jobs together */
export function createProducer(options: {
  backend: QueueBackend;
  log: Logger;
  timeoutMs?: number;
  clock?: Clock;
}): Producer {
  const { backend, clock = systemClock, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const queues = new Map<QueueName, BullQueue>();
  let unavailableUntilMs = -Infinity;
  const report = throttleLog((error: unknown) => {
    options.log.warn({ err: error, store: backend.kind }, 'queue.add_failed');
  }, 5_000);

  const queueOf = (name: QueueName): BullQueue => {
    const queue = queues.get(name) ?? backend.openQueue(name);
    queues.set(name, queue);
    return queue;
  };

  const addChunk = async (name: QueueName, chunk: readonly StepDispatch[], untilMs: number): Promise<void> => {
    const remainingMs = untilMs - clock.monotonicMs();
    if (remainingMs <= 0 || clock.monotonicMs() < unavailableUntilMs) throw unavailable();
    if (!(await backend.canSend(remainingMs))) throw unavailable();
    const work = queueOf(name).addBulk(
      chunk.map((dispatch) => ({ name: JOB_NAME, data: dispatch.job, opts: jobOptions(dispatch) })),
    );
    await bounded(work, Math.max(1, untilMs - clock.monotonicMs()), () => {
      unavailableUntilMs = clock.monotonicMs() + UNAVAILABLE_MS;
      return unavailable();
    });
  };

  return {
    add: async (name, jobs) => {
      const untilMs = clock.monotonicMs() + timeoutMs;
      const outcome: AddOutcome = { added: [], failed: [] };
      for (let from = 0; from < jobs.length; from += CHUNK) {
        const chunk = jobs.slice(from, from + CHUNK);
        const stepJobs = chunk.map(({ job }) => job);
        try {
          await addChunk(name, chunk, untilMs);
          outcome.added.push(...stepJobs);
        } catch (error) {
          backend.noteError(error);
          report(error);
          outcome.failed.push(...stepJobs);
        }
      }
      return outcome;
    },
    close: async () => {
      const closing = Promise.all(Array.from(queues.values(), (queue) => queue.close()));
      queues.clear();
      await bounded(closing, CLOSE_TIMEOUT_MS, unavailable).catch(report);
    },
  };
}

const unavailable = (): QueueStoreUnavailableError => new QueueStoreUnavailableError('the queue store does not answer');
