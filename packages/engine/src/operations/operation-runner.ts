import type { Tier } from '@pressroom/contracts';
import {
  advancePosition,
  isConnectionFailure,
  RowLockedError,
  type DeadLetterStore,
  type OperationItem,
  type OperationStore,
  type OperationStream,
  type RunningOperation,
  type TaskOperationStore,
} from '@pressroom/db';
import type { Clock, Logger } from '@pressroom/runtime';

import type { RedriveOutcome, TaskRestarts } from '../transition/task-restarts.ts';
import { createOperationPace } from './core/operation-pace.ts';

/** Operations served side by side. */
const MAX_RUNNING = 50;
/** Redrives of one batch: small, so that an abort is heeded and progress seen soon. Each is a transaction of its own. */
const REDRIVE_BATCH = 20;
/** Redrives at once: most of the coordinator's connections stay with its API. */
const REDRIVE_PARALLEL = 4;
/** Discards of one batch, which is one statement. */
const DISCARD_BATCH = 200;
/** Tasks of one batch, which is one transaction of a few statements. */
const TASK_BATCH = 250;
/** A round ends after this long, so that every operation gets its turn and the leader renews its lease. */
const ROUND_MS = 1_000;

interface ItemResult {
  done: boolean;
  error?: { code: string; message: string };
}

export interface OperationRunner {
  /** One turn for every running operation, each at its own rate. Answers how many items were touched. */
  round(): Promise<number>;
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
  const { operations, tasks, letters, restarts, clock, log } = deps;
  const pace = createOperationPace();

  const redriveOne = async (operation: RunningOperation, { id }: OperationItem): Promise<ItemResult> => {
    const { patch, tier, resetCalls } = operation.options as {
      patch?: Record<string, unknown>;
      tier?: Tier;
      resetCalls?: boolean;
    };
    const request = { patch, tier, resetCalls, operationId: operation.id };
    try {
      return describe(await restarts.redrive(id, operation.selection.tenantId, request, operation.actor), operation.id);
    } catch (error) {
      if (isConnectionFailure(error) || error instanceof RowLockedError) throw error;
      // One that cannot be redriven must not hold up the rest.
      log.error({ err: error, operationId: operation.id, deadLetterId: id }, 'operation.item_failed');
      return { done: false, error: { code: 'INTERNAL', message: 'the redrive failed unexpectedly' } };
    }
  };

  const redriveBatch = async (operation: RunningOperation, items: readonly OperationItem[]): Promise<ItemResult[]> => {
    const results: ItemResult[] = [];
    const queue = items.entries();
    const lane = async (): Promise<void> => {
      for (const [index, item] of queue) results[index] = await redriveOne(operation, item);
    };
    await Promise.all(Array.from({ length: REDRIVE_PARALLEL }, lane));
    return results;
  };

  const discardBatch = async (operation: RunningOperation, items: readonly OperationItem[]): Promise<ItemResult[]> => {
    const { reason } = operation.options as { reason: string };
    const ids = items.map((item) => item.id);
    const discarded = await letters.discardBatch(ids, reason, operation.actor, operation.id);
    const error = { code: 'CONFLICT', message: 'somebody else ended it first' };
    return items.map((_, index) => (index < discarded ? { done: true } : { done: false, error }));
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
   * of tenants that are full are left for later, and hold up no other tenant's.
   */
  const step = async (operation: RunningOperation): Promise<RunningOperation | undefined> => {
    const touched = operation.done + operation.failed;
    const most = Math.min(batchSize(operation), operation.limit === null ? Infinity : operation.limit - touched);
    if (most <= 0) {
      await end(operation);
      return undefined;
    }
    const allowed = pace.take(operation.id, operation.ratePerSecond, clock.monotonicMs(), most);
    if (allowed === 0) return undefined;
    const main: OperationStream = { tenantId: null };
    const { items, full } = await readStream(operation, main, allowed);
    if (full.length > 0) {
      pace.giveBack(operation.id, allowed);
      return defer(operation, full, () => ({ cursor: operation.cursor, isDone: false }));
    }
    if (items.length > 0) return touch(operation, main, items, allowed);

    const { unfinished, ready } = await openStreams(operation);
    const [tenantId] = ready;
    if (tenantId === undefined) {
      pace.giveBack(operation.id, allowed);
      if (unfinished.length === 0) await end(operation);
      return undefined;
    }
    const stream: OperationStream = { tenantId };
    // One more than it touches tells whether these are the last: the tenant may be full again by then.
    const late = await readStream(operation, stream, allowed + 1);
    if (late.items.length > 0) return touch(operation, stream, late.items, allowed);
    pace.giveBack(operation.id, allowed);
    return defer(operation, [tenantId], () => ({ cursor: null, isDone: true }));
  };

  /** Carries out a batch and counts it. What is done to tasks and its count commit together. */
  const touch = async (
    operation: RunningOperation,
    stream: OperationStream,
    read: readonly OperationItem[],
    allowed: number,
  ): Promise<RunningOperation | undefined> => {
    const items = read.slice(0, allowed);
    pace.giveBack(operation.id, allowed - items.length);
    const last = items.at(-1);
    if (!last) return undefined;
    const position = advancePosition(operation, stream, { last: last.cursor, isLast: read.length <= allowed });
    const counted = ({ done, failed }: { done: number; failed: number }): RunningOperation => ({
      ...operation,
      ...position,
      done: operation.done + done,
      failed: operation.failed + failed,
    });
    if (isOfTasks(operation)) {
      const ids = items.map(({ id }) => id);
      const claim = tasks.claim(operation, position);
      const result =
        operation.kind === 'task.cancel'
          ? await tasks.cancel(operation, ids, position)
          : await restarts.retryBatch(ids, operation.selection.tenantId, operation.actor, operation.id, claim);
      return result && counted(result);
    }
    const results = await (operation.kind === 'dead_letter.redrive' ? redriveBatch : discardBatch)(operation, items);
    const done = results.filter((result) => result.done).length;
    const failed = results.length - done;
    const lastError = results.findLast((result) => result.error)?.error;
    const status = await operations.advance(operation, { done, failed, position, lastError });
    return status === 'running' ? counted({ done, failed }) : undefined;
  };

  return {
    async round() {
      const startedMs = clock.monotonicMs();
      let touched = 0;
      let turns = await operations.running(MAX_RUNNING);
      pace.keep(new Set(turns.map((operation) => operation.id)));
      while (turns.length > 0 && clock.monotonicMs() - startedMs < ROUND_MS) {
        const next: RunningOperation[] = [];
        for (const operation of turns) {
          try {
            const after = await step(operation);
            if (!after) continue;
            touched += after.done + after.failed - operation.done - operation.failed;
            next.push(after);
          } catch (error) {
            if (isConnectionFailure(error)) throw error;
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

const isOfTasks = ({ kind }: RunningOperation): boolean => kind === 'task.cancel' || kind === 'task.retry';
/** Adds to the open tasks of tenants. */
const restartsTasks = ({ kind }: RunningOperation): boolean => kind === 'task.retry' || kind === 'dead_letter.redrive';

function batchSize(operation: RunningOperation): number {
  if (isOfTasks(operation)) return TASK_BATCH;
  return operation.kind === 'dead_letter.redrive' ? REDRIVE_BATCH : DISCARD_BATCH;
}

/** A redrive as an item of an operation: what a sibling's redrive has done for it counts as done. */
function describe(outcome: RedriveOutcome, operationId: string): ItemResult {
  switch (outcome.outcome) {
    case 'restarted':
      return { done: true };
    case 'already_ended':
      if (outcome.operationId === operationId) return { done: true };
      return { done: false, error: { code: 'CONFLICT', message: `it was ${outcome.state} meanwhile` } };
    case 'not_finished':
      return { done: false, error: { code: 'CONFLICT', message: `the task is ${outcome.status}` } };
    case 'content_deleted':
      return { done: false, error: { code: 'CONFLICT', message: 'the content of the task was deleted' } };
    case 'budget_not_larger':
      return { done: false, error: { code: 'CONFLICT', message: 'the task has a larger budget' } };
    case 'no_step':
      return {
        done: false,
        error: { code: 'CONFLICT', message: 'it names no step: it was a job that nobody could read' },
      };
    case 'unknown_step':
    case 'nothing_to_do':
      return { done: false, error: { code: 'CONFLICT', message: 'its step is not there any more' } };
    case 'not_found':
      return { done: false, error: { code: 'NOT_FOUND', message: 'it is not there any more' } };
    case 'invalid_patch': {
      const [issue] = outcome.issues;
      const where = issue?.path.map(String).join('.') ?? '';
      return {
        done: false,
        error: {
          code: 'VALIDATION_FAILED',
          message: `the patch does not fit: ${where} ${issue?.message ?? ''}`.trim(),
        },
      };
    }
  }
}
