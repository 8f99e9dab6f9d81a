import type { QueueName } from '@pressroom/contracts';
import { bounded } from '@pressroom/runtime';

import type { BullQueue, QueueBackend } from './backend/queue-backend.ts';
import { QueueStoreUnavailableError } from './store-errors.ts';

export interface QueueCounts {
  name: QueueName;
  /** Ready jobs, also while paused. */
  waiting: number;
  active: number;
  delayed: number;
  paused: boolean;
}

/** Inspects and controls queues for all processes. Rejects with QueueStoreUnavailableError after a timeout. */
export interface QueueAdmin {
  counts(queues: readonly QueueName[]): Promise<QueueCounts[]>;
  /** Stops all consumers from claiming jobs until `resume`. Running jobs continue, and jobs can be added. */
  pause(queue: QueueName): Promise<void>;
  resume(queue: QueueName): Promise<void>;
  /** Filters the queues that are paused in the store. */
  pausedAmong(queues: readonly QueueName[]): Promise<QueueName[]>;
  ping(): Promise<void>;
  /** Removes a queue with its jobs. Steps in PostgreSQL are not changed: sweeps dispatch them again. */
  obliterate(queue: QueueName): Promise<void>;
  /** BullMQ's queue, for its dashboard. */
  bullQueue(queue: QueueName): BullQueue;
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 2_000;

export function createQueueAdmin(options: { backend: QueueBackend; timeoutMs?: number }): QueueAdmin {
  const { backend, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const queues = new Map<QueueName, BullQueue>();
  const open = (name: QueueName): BullQueue => {
    const queue = queues.get(name) ?? backend.openQueue(name);
    queues.set(name, queue);
    return queue;
  };
  const withTimeout = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!(await backend.canSend(timeoutMs))) throw unavailable();
    try {
      return await bounded(work(), timeoutMs, unavailable);
    } catch (error) {
      backend.noteError(error);
      throw error instanceof QueueStoreUnavailableError ? error : unavailable(error);
    }
  };

  return {
    counts: (names) =>
      withTimeout(() =>
        Promise.all(
          names.map(async (name) => {
            const queue = open(name);
            const [counts, paused] = await Promise.all([
              queue.getJobCounts('wait', 'prioritized', 'active', 'delayed'),
              queue.isPaused(),
            ]);
            const of = (state: string) => counts[state] ?? 0;
            return {
              name,
              waiting: of('wait') + of('prioritized'),
              active: of('active'),
              delayed: of('delayed'),
              paused,
            };
          }),
        ),
      ),
    pause: (name) => withTimeout(() => open(name).pause()),
    resume: (name) => withTimeout(() => open(name).resume()),
    pausedAmong: (names) => withTimeout(async () => [...(await backend.pausedAmong(names))]),
    ping: () => backend.ping(timeoutMs),
    obliterate: (name) => withTimeout(() => open(name).obliterate({ force: true })),
    bullQueue: open,
    close: async () => {
      const closing = Promise.all(Array.from(queues.values(), (queue) => queue.close()));
      queues.clear();
      await bounded(closing, timeoutMs, unavailable).catch(() => undefined);
    },
  };
}

const unavailable = (cause?: unknown): QueueStoreUnavailableError =>
  new QueueStoreUnavailableError('the queue store does not answer', { cause });
