import {
  advancePosition,
  isConnectionFailure,
  RowLockedError,
  type DeadLetterStore,
  type OperationItem,
  type OperationPosition,
  type OperationStore,
  type OperationStream,
  type RunningOperation,
  type TaskOperationStore,
} from '@pressroom/db';
import type { Clock, Logger } from '@pressroom/runtime';

import type { TaskRestarts } from '../transition/task-restarts.ts';
import { createOperationPace } from './core/operation-pace.ts';
import { createOperationBatches, isOfTasks } from './operation-batches.ts';

/** Most operations that run concurrently. */
const MAX_RUNNING = 50;
/** Redrives per batch, each in its own transaction; small, so that aborts and progress take effect soon. */
const REDRIVE_BATCH = 20;
/** Discards per batch, which is one statement. */
const DISCARD_BATCH = 200;
/** Tasks per batch, which is one transaction. */
const TASK_BATCH = 250;
/** Most locked items, which are stored in the operation's row; it retries them before it reads more. */
const MAX_LOCKED = 1_000;
/** Longest run, so that the leader renews its lease in time. */
const RUN_MS = 1_000;

/** State of one run over all operations. */
interface Run {
  /** On the monotonic clock. */
  untilMs: number;
  /** Operations whose locked items were retried in this run. */
  retried: Set<string>;
}

export interface OperationRunner {
  /** Advances every running operation, each at its own rate. Returns the number of processed items. */
  runOnce(): Promise<number>;
}

/**
 * Runs bulk operations in small batches. All progress is in the database: the operation's row has its position, and processed
 * items their operation, so that another process can continue.
 */
export function createOperationRunner(deps: {
  operations: OperationStore;
  tasks: TaskOperationStore;
  deadLetters: DeadLetterStore;
  restarts: TaskRestarts;
  clock: Clock;
  log: Logger;
}): OperationRunner {
  const { operations, tasks, clock, log } = deps;
  const batches = createOperationBatches(deps);
  const pace = createOperationPace();

  /** Retries the locked items. */
  const retryLocked = (operation: RunningOperation, untilMs: number): Promise<RunningOperation | undefined> => {
    const ids = operation.locked.map(({ id }) => id);
    const size = batchSize(operation);
    const chunks = Array.from({ length: Math.ceil(ids.length / size) }, (_, n) => ids.slice(n * size, (n + 1) * size));
    const samePosition = ({ cursor, deferred, locked }: RunningOperation): OperationPosition => ({
      cursor,
      deferred,
      locked,
    });
    return batches.workInChunks(operation, chunks, samePosition, untilMs);
  };

  const end = async (operation: RunningOperation): Promise<void> => {
    await operations.finish(operation.id);
    const { id, kind, done, failed } = operation;
    log.info({ operationId: id, kind, done, failed }, 'operation.ended');
  };

  /** Reads the next items of a stream, none at its end, and which of their tenants have a full backlog. */
  const readStream = async (operation: RunningOperation, stream: OperationStream, limit: number) => {
    const source = isOfTasks(operation) ? tasks : operations;
    const items = await source.nextItems(operation, stream, limit);
    if (!restartsTasks(operation) || stream.tenantId !== null) return { items, full: [] };
    const owners = new Set(items.flatMap(({ tenantId }) => tenantId ?? []));
    return { items, full: await operations.fullTenants([...owners]) };
  };

  /** Deferred tenants with items left, and those of them whose backlog has capacity. */
  const openStreams = async ({ deferred }: RunningOperation) => {
    const unfinished = Object.keys(deferred).filter((tenantId) => deferred[tenantId]?.isDone === false);
    const full = new Set(await operations.fullTenants(unfinished));
    return { unfinished, ready: unfinished.filter((tenantId) => !full.has(tenantId)) };
  };

  const defer = async (
    operation: RunningOperation,
    tenants: readonly string[],
    state: (tenantId: string) => RunningOperation['deferred'][string],
  ): Promise<RunningOperation | undefined> => {
    const deferred = { ...operation.deferred, ...Object.fromEntries(tenants.map((id) => [id, state(id)])) };
    return (await operations.defer(operation, deferred)) ? { ...operation, deferred } : undefined;
  };

  /**
   * Processes the next batch. Returns the operation's new state; undefined when there is nothing to do now. Defers items of
   * tenants with a full backlog and locked items, so that they do not block others.
   */
  const step = async (operation: RunningOperation, run: Run): Promise<RunningOperation | undefined> => {
    /** Retries locked items, once per run; without any, ends the operation if `isOver`. */
    const finishLocked = async (isOver: boolean): Promise<RunningOperation | undefined> => {
      if (operation.locked.length === 0) {
        if (isOver) await end(operation);
        return undefined;
      }
      if (run.retried.has(operation.id)) return undefined;
      run.retried.add(operation.id);
      return retryLocked(operation, run.untilMs);
    };

    const processed = operation.done + operation.failed + operation.locked.length;
    const maxItems = Math.min(batchSize(operation), operation.limit === null ? Infinity : operation.limit - processed);
    if (maxItems <= 0) return finishLocked(true);
    if (operation.locked.length >= MAX_LOCKED) return finishLocked(false);
    const allowed = pace.take(operation.id, operation.ratePerSecond, clock.monotonicMs(), maxItems);
    if (allowed === 0) return undefined;
    const main: OperationStream = { tenantId: null };
    const { items, full } = await readStream(operation, main, allowed);
    if (full.length > 0) {
      pace.refund(operation.id, allowed);
      return defer(operation, full, () => ({ cursor: operation.cursor, isDone: false }));
    }
    if (items.length > 0) return processItems(operation, main, items, allowed, run.untilMs);

    const { unfinished, ready } = await openStreams(operation);
    const [tenantId] = ready;
    if (tenantId === undefined) {
      pace.refund(operation.id, allowed);
      return finishLocked(unfinished.length === 0);
    }
    const stream: OperationStream = { tenantId };
    // Reads one more item to detect the end of the stream now: later the tenant may be full again.
    const deferredItems = await readStream(operation, stream, allowed + 1);
    if (deferredItems.items.length > 0)
      return processItems(operation, stream, deferredItems.items, allowed, run.untilMs);
    pace.refund(operation.id, allowed);
    return defer(operation, [tenantId], () => ({ cursor: null, isDone: true }));
  };

  /** Processes the first `allowed` of the items read from a stream. */
  const processItems = async (
    operation: RunningOperation,
    stream: OperationStream,
    read: readonly OperationItem[],
    allowed: number,
    untilMs: number,
  ): Promise<RunningOperation | undefined> => {
    const items = read.slice(0, allowed);
    pace.refund(operation.id, allowed - items.length);
    const cursors = new Map(items.map(({ id, cursor }) => [id, cursor]));
    const lastId = items.at(-1)?.id;
    const after = (current: RunningOperation, id: string): OperationPosition => {
      const last = cursors.get(id);
      const isLast = read.length <= allowed && id === lastId;
      return last ? advancePosition(current, stream, { last, isLast }) : current;
    };
    return batches.workInChunks(operation, [items.map(({ id }) => id)], after, untilMs);
  };

  return {
    async runOnce() {
      const run: Run = { untilMs: clock.monotonicMs() + RUN_MS, retried: new Set() };
      let processed = 0;
      let active = await operations.running(MAX_RUNNING);
      pace.retain(new Set(active.map((operation) => operation.id)));
      while (active.length > 0 && clock.monotonicMs() < run.untilMs) {
        const next: RunningOperation[] = [];
        for (const operation of active) {
          try {
            const after = await step(operation, run);
            if (!after) continue;
            processed += after.done + after.failed - operation.done - operation.failed;
            next.push(after);
          } catch (error) {
            if (isConnectionFailure(error)) throw error;
            // The row of the operation itself is locked.
            if (error instanceof RowLockedError) {
              log.warn({ operationId: operation.id }, 'operation.row_locked');
              continue;
            }
            log.error({ err: error, operationId: operation.id }, 'operation.failed');
            await operations.fail(operation.id, { code: 'INTERNAL', message: 'the operation failed unexpectedly' });
          }
        }
        active = next;
      }
      return processed;
    },
  };
}

/** Does it add to the open tasks of tenants? */
const restartsTasks = ({ kind }: RunningOperation): boolean => kind === 'task.retry' || kind === 'dead_letter.redrive';

function batchSize(operation: RunningOperation): number {
  if (isOfTasks(operation)) return TASK_BATCH;
  return operation.kind === 'dead_letter.redrive' ? REDRIVE_BATCH : DISCARD_BATCH;
}
