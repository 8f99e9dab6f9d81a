import type { Tier } from '@pressroom/contracts';
import {
  countBatch,
  isConnectionFailure,
  RowLockedError,
  type CountedBatch,
  type DeadLetterStore,
  type OperationPosition,
  type OperationStore,
  type RunningOperation,
  type TaskOperationStore,
} from '@pressroom/db';
import type { Clock, Logger } from '@pressroom/runtime';

import type { TaskRestarts } from '../transition/task-restarts.ts';
import { describeRedrive, type ItemResult } from './core/describe-redrive.ts';

/** Concurrent redrives; leaves most of the coordinator's connections to its API. */
const REDRIVE_PARALLEL = 4;

export interface OperationBatches {
  /**
   * Processes each chunk of ids as one batch and stores the position that `positionAfter` returns for its last id. Splits a batch
   * into single items when one of them is locked. Stops between batches after `untilMs` (monotonic clock). Returns the
   * operation's new state; undefined when it has ended or another process has advanced it.
   */
  workInChunks(
    operation: RunningOperation,
    chunks: readonly (readonly string[])[],
    positionAfter: (operation: RunningOperation, id: string) => OperationPosition,
    untilMs: number,
  ): Promise<RunningOperation | undefined>;
}

/** Processes the items of bulk operations. Locked items are recorded in the position. */
export function createOperationBatches(deps: {
  operations: OperationStore;
  tasks: TaskOperationStore;
  deadLetters: DeadLetterStore;
  restarts: TaskRestarts;
  clock: Clock;
  log: Logger;
}): OperationBatches {
  const { operations, tasks, deadLetters, restarts, clock, log } = deps;

  const redriveOne = async (operation: RunningOperation, id: string): Promise<ItemResult> => {
    const { patch, tier, resetCalls } = operation.options as {
      patch?: Record<string, unknown>;
      tier?: Tier;
      resetCalls?: boolean;
    };
    const request = { patch, tier, resetCalls, operationId: operation.id };
    try {
      return describeRedrive(
        await restarts.redrive(id, operation.selection.tenantId, request, operation.actor),
        operation.id,
      );
    } catch (error) {
      if (isConnectionFailure(error)) throw error;
      if (error instanceof RowLockedError) return { done: false, isLocked: true };
      // A failing item must not block the others.
      log.error({ err: error, operationId: operation.id, deadLetterId: id }, 'operation.item_failed');
      return { done: false, error: { code: 'INTERNAL', message: 'the redrive failed unexpectedly' } };
    }
  };

  const redriveBatch = async (operation: RunningOperation, ids: readonly string[]): Promise<ItemResult[]> => {
    const results: ItemResult[] = [];
    const queue = ids.entries();
    const lane = async (): Promise<void> => {
      for (const [index, id] of queue) results[index] = await redriveOne(operation, id);
    };
    await Promise.all(Array.from({ length: REDRIVE_PARALLEL }, lane));
    return results;
  };

  const discardBatch = async (operation: RunningOperation, ids: readonly string[]): Promise<ItemResult[]> => {
    const { reason } = operation.options as { reason: string };
    const discarded = await deadLetters.discardBatch(ids, reason, operation.actor, operation.id);
    const error = { code: 'CONFLICT', message: 'another request closed it first' };
    return ids.map((_, index) => (index < discarded ? { done: true } : { done: false, error }));
  };

  /**
   * Processes one batch and stores its counts and position; for tasks in the same transaction. Undefined when the operation has
   * ended or another process has advanced it.
   *
   * @throws {RowLockedError} when a row that an item needs is locked; nothing is written
   */
  const processBatch = async (
    operation: RunningOperation,
    ids: readonly string[],
    position: OperationPosition,
  ): Promise<CountedBatch | undefined> => {
    if (isOfTasks(operation)) {
      if (operation.kind === 'task.cancel') return tasks.cancel(operation, ids, position);
      const claim = tasks.claim(operation, ids, position);
      return restarts.retryBatch(ids, operation.selection.tenantId, operation.actor, operation.id, claim);
    }
    const results = await (operation.kind === 'dead_letter.redrive' ? redriveBatch : discardBatch)(operation, ids);
    const done = results.filter((result) => result.done).length;
    const locked = ids.filter((_, index) => results[index]?.isLocked);
    const lastError = results.findLast((result) => result.error)?.error;
    const failed = results.length - done - locked.length;
    return advance(operation, countBatch(position, ids, { done, failed, lastError, locked }));
  };

  const advance = async (operation: RunningOperation, batch: CountedBatch): Promise<CountedBatch | undefined> =>
    (await operations.advance(operation, batch)) === 'running' ? batch : undefined;

  /** As `processBatch`, but records a single locked item instead of throwing. Returns the operation's new state. */
  const process = async (
    operation: RunningOperation,
    ids: readonly string[],
    position: OperationPosition,
  ): Promise<RunningOperation | undefined> => {
    let batch: CountedBatch | undefined;
    try {
      batch = await processBatch(operation, ids, position);
    } catch (error) {
      if (!(error instanceof RowLockedError) || ids.length > 1) throw error;
      const locked = countBatch(position, ids, { done: 0, failed: 0, lastError: undefined, locked: ids });
      batch = await advance(operation, locked);
    }
    if (!batch) return undefined;
    const { id, done, failed, locked } = operation;
    const skipped = batch.position.locked.length - locked.length;
    if (skipped > 0) log.warn({ operationId: id, locked: batch.position.locked.length }, 'operation.items_locked');
    return { ...operation, ...batch.position, done: done + batch.done, failed: failed + batch.failed };
  };

  const workInChunks: OperationBatches['workInChunks'] = async (operation, chunks, positionAfter, untilMs) => {
    let current = operation;
    for (const ids of chunks) {
      const last = ids.at(-1);
      // Always processes the first batch, so that every operation makes progress.
      if (last === undefined || (current !== operation && clock.monotonicMs() >= untilMs)) break;
      const after = await process(current, ids, positionAfter(current, last)).catch((error: unknown) => {
        if (!(error instanceof RowLockedError)) throw error;
        const singles = ids.map((id) => [id]);
        return workInChunks(current, singles, positionAfter, untilMs);
      });
      if (!after) return undefined;
      current = after;
    }
    return current;
  };

  return { workInChunks };
}

export const isOfTasks = ({ kind }: RunningOperation): boolean => kind === 'task.cancel' || kind === 'task.retry';
