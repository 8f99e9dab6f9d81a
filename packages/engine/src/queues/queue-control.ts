import { ALL_QUEUES, type QueueName } from '@pressroom/contracts';
import type { Actor, QueueStateRow, QueueStateStore } from '@pressroom/db';
import type { QueueAdmin } from '@pressroom/queue';
import { errorMessage, type Logger } from '@pressroom/runtime';
import type { Dispatcher } from '../dispatch/dispatcher.ts';

/**
 * Pauses and resumes queues. PostgreSQL is authoritative: steps of a paused queue are neither dispatched nor acquired, in any
 * state of the queue store. BullMQ is paused too, so that consumers fetch no jobs; `reconcile` repairs its state after an
 * outage or a flush.
 */
export interface QueueControl {
  /** Running attempts continue. Idempotent. */
  pause(queue: QueueName, actor: Actor): Promise<QueueStateRow>;
  resume(queue: QueueName, actor: Actor): Promise<QueueStateRow>;
  paused(): Promise<ReadonlySet<string>>;
  /** Makes BullMQ's pauses equal to those in PostgreSQL. */
  reconcile(): Promise<void>;
}

export function createQueueControl(deps: {
  store: QueueStateStore;
  admin: Pick<QueueAdmin, 'pause' | 'resume' | 'pausedAmong'>;
  dispatcher: Pick<Dispatcher, 'requestDispatch'>;
  log: Logger;
}): QueueControl {
  const { store, admin, log } = deps;
  const paused = async (): Promise<ReadonlySet<string>> =>
    new Set((await store.list()).filter((row) => row.paused).map((row) => row.name));

  const set = async (queue: QueueName, isPaused: boolean, actor: Actor): Promise<QueueStateRow> => {
    const { changed, ...state } = await store.set(queue, isPaused, actor);
    if (changed) log.info({ queue }, isPaused ? 'queue.paused' : 'queue.resumed');
    try {
      await (isPaused ? admin.pause(queue) : admin.resume(queue));
    } catch (error) {
      log.warn({ queue, reason: errorMessage(error) }, 'queue.store_sync_failed');
    }
    if (!isPaused) deps.dispatcher.requestDispatch();
    return state;
  };

  return {
    paused,
    pause: (queue, actor) => set(queue, true, actor),
    resume: (queue, actor) => set(queue, false, actor),
    async reconcile() {
      const wanted = await paused();
      const actual = new Set(await admin.pausedAmong(ALL_QUEUES));
      for (const queue of ALL_QUEUES) {
        if (wanted.has(queue) === actual.has(queue)) continue;
        await (wanted.has(queue) ? admin.pause(queue) : admin.resume(queue));
        log.info({ queue, paused: wanted.has(queue) }, 'queue.store_reconciled');
      }
    },
  };
}
