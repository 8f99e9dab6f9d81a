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

/** Operations served side by side. */
const MAX_RUNNING = 50;
/** Redrives of one batch: small, so that an abort is heeded and progress seen soon. Each is a transaction of its own. */
const REDRIVE_BATCH = 20;
/** Discards of one batch, which is one statement. */
const DISCARD_BATCH = 200;
/** Tasks of one batch, which is one transaction of a few statements. */
const TASK_BATCH = 250;
/** With so many locked items an operation looks for no more before it has returned to these: they are kept in its row. */
const MAX_LOCKED = 1_000;
/** A round ends after this long, so that every operation gets its turn and the leader renews its lease. */
const ROUND_MS = 1_000;

/** One turn of all running operations. */
interface Round {
  /** On the monotonic clock. */
  untilMs: number;
  /** Operations that have returned to their locked items in it. */
  passed: Set<string>;
}

export interface OperationRunner {
  /** One turn for every running operation, each at its own rate. Answers how many items were touched. */
  runOnce(): Promise<number>;
}

/**
 * Carries bulk operations out, in small batches. Nothing is held in memory that matters: how far an operation is stands in
 * its row, and what it has ended says so itself, so that another process goes on where this one stopped.
 */
export function createOperationRunner(deps: {
  operations: OperationStore;
  tasks: TaskOperationStore;
  letters: DeadLetterStore;
  restarts: TaskRestarts;
  clock: Clock;
  log: Logger;
}): OperationRunner {
  const { operations, tasks, clock, log } = deps;
  const batches = createOperationBatches(deps);
  const pace = createOperationPace();

  /** Comes to the locked items again. */
  const passLocked = (operation: RunningOperation, untilMs: number): Promise<RunningOperation | undefined> => {
    const ids = operation.locked.map(({ id }) => id);
    const size = batchSize(operation);
    const chunks = Array.from({ length: Math.ceil(ids.length / size) }, (_, n) => ids.slice(n * size, (n + 1) * size));
    const inPlace = ({ cursor, deferred, locked }: RunningOperation): OperationPosition => ({
      cursor,
      deferred,
      locked,
    });
    return batches.workInChunks(operation, chunks, inPlace, untilMs);
  };

  const end = async (operation: RunningOperation): Promise<void> => {
    await operations.finish(operation.id);
    const { id, kind, done, failed } = operation;
    log.info({ operationId: id, kind, done, failed }, 'operation.ended');
  };

  /** The next items of a stream, which end the stream when there are none. Undefined while their tenants are full. */
  const readStream = async (operation: RunningOperation, stream: OperationStream, limit: number) => {
    const source = isOfTasks(operation) ? tasks : operations;
    const items = await source.nextItems(operation, stream, limit);
    if (!restartsTasks(operation) || stream.tenantId !== null) return { items, full: [] };
    const owners = new Set(items.flatMap(({ tenantId }) => tenantId ?? []));
    return { items, full: await operations.fullTenants([...owners]) };
  };

  /** Deferred tenants that have items left and room for them now. */
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
   * Touches the next batch; answers the operation as it stands then, or undefined when there is nothing more to do now. Items
   * of tenants that are full and items that are locked are left for later, and hold up no other item.
   */
  const step = async (operation: RunningOperation, round: Round): Promise<RunningOperation | undefined> => {
    /** Nothing new can be touched now: returns to what was locked, once a round, and ends what has nothing left. */
    const finishLocked = async (isOver: boolean): Promise<RunningOperation | undefined> => {
      if (operation.locked.length === 0) {
        if (isOver) await end(operation);
        return undefined;
      }
      if (round.passed.has(operation.id)) return undefined;
      round.passed.add(operation.id);
      return passLocked(operation, round.untilMs);
    };

    const touched = operation.done + operation.failed + operation.locked.length;
    const most = Math.min(batchSize(operation), operation.limit === null ? Infinity : operation.limit - touched);
    if (most <= 0) return finishLocked(true);
    if (operation.locked.length >= MAX_LOCKED) return finishLocked(false);
    const allowed = pace.take(operation.id, operation.ratePerSecond, clock.monotonicMs(), most);
    if (allowed === 0) return undefined;
    const main: OperationStream = { tenantId: null };
    const { items, full } = await readStream(operation, main, allowed);
    if (full.length > 0) {
      pace.giveBack(operation.id, allowed);
      return defer(operation, full, () => ({ cursor: operation.cursor, isDone: false }));
    }
    if (items.length > 0) return touch(operation, main, items, allowed, round.untilMs);

    const { unfinished, ready } = await openStreams(operation);
    const [tenantId] = ready;
    if (tenantId === undefined) {
      pace.giveBack(operation.id, allowed);
      return finishLocked(unfinished.length === 0);
    }
    const stream: OperationStream = { tenantId };
    // One more than it touches tells whether these are the last: the tenant may be full again by then.
    const late = await readStream(operation, stream, allowed + 1);
    if (late.items.length > 0) return touch(operation, stream, late.items, allowed, round.untilMs);
    pace.giveBack(operation.id, allowed);
    return defer(operation, [tenantId], () => ({ cursor: null, isDone: true }));
  };

  /** Touches the first `allowed` of the items that were read from a stream. */
  const touch = async (
    operation: RunningOperation,
    stream: OperationStream,
    read: readonly OperationItem[],
    allowed: number,
    untilMs: number,
  ): Promise<RunningOperation | undefined> => {
    const items = read.slice(0, allowed);
    pace.giveBack(operation.id, allowed - items.length);
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
      const round: Round = { untilMs: clock.monotonicMs() + ROUND_MS, passed: new Set() };
      let touched = 0;
      let turns = await operations.running(MAX_RUNNING);
      pace.keep(new Set(turns.map((operation) => operation.id)));
      while (turns.length > 0 && clock.monotonicMs() < round.untilMs) {
        const next: RunningOperation[] = [];
        for (const operation of turns) {
          try {
            const after = await step(operation, round);
            if (!after) continue;
            touched += after.done + after.failed - operation.done - operation.failed;
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
        turns = next;
      }
      return touched;
    },
  };
}

/** Adds to the open tasks of tenants. */
const restartsTasks = ({ kind }: RunningOperation): boolean => kind === 'task.retry' || kind === 'dead_letter.redrive';

function batchSize(operation: RunningOperation): number {
  if (isOfTasks(operation)) return TASK_BATCH;
  return operation.kind === 'dead_letter.redrive' ? REDRIVE_BATCH : DISCARD_BATCH;
}
