import { ALL_QUEUES, type QueueName, type StepJob } from '@pressroom/contracts';
import {
  isConnectionFailure,
  RowLockedError,
  type ExchangeAnswer,
  type SettleItem,
  type StepAttempt,
  type StepStore,
} from '@pressroom/db';
import { createBatcher, createIsolatingBatcher } from '@pressroom/runtime';

import type { WorkerSession } from '../lease/worker-session.ts';
import type { AttemptSlot, AttemptSlots } from '../ports.ts';

/** Most slots that one exchange reserves for local hand-offs; the others keep serving jobs. */
const MAX_EXTRA_SLOTS = 16;

/**
 * Released steps that may be queued directly, per slot of all workers. They run first come, first served, so this bounds the
 * wait of tenants that submit later; a plan that fans out needs about one per slot.
 */
const DIRECT_PER_SLOT = 1;

/**
 * Requests that must wait before a second exchange runs concurrently: each exchange has a start-up cost, and the traffic of a
 * small worker fits into one.
 */
const MIN_CONCURRENT_EXCHANGE = 32;

type ExchangeRequest = { settle: SettleItem; maxReleased: number } | { acquire: StepJob };

export interface Settled {
  outcome: 'settled' | 'already' | 'fenced';
  /** The step of the same task that runs next in the slot of the settled one. */
  next: StepAttempt | undefined;
}
type ExchangeResult = Settled | { acquired: StepAttempt | undefined };
/** Another transaction has locked the task; nothing was written. */
const LOCKED = 'locked';

/** Concurrent statements that wait for locked tasks; the other connections serve unlocked tasks. */
const LOCKED_PARALLEL = 3;
/** Most tasks remembered as locked; the oldest is dropped beyond it. */
const MAX_LOCKED_TASKS = 1_000;

/** Batches a worker's settles and acquisitions: all that arrive while earlier statements run go into the next statement. */
export interface StepExchange {
  /**
   * @returns the attempt; undefined when the step cannot be acquired or its task stays locked. In the second case the step is
   *   still queued, and the sweep adds its job again.
   */
  acquire(job: StepJob): Promise<StepAttempt | undefined>;
  /**
   * @param maxReleased most steps that the settle can release
   * @throws {RowLockedError} while another transaction has locked the task; nothing was written
   */
  settle(item: SettleItem, maxReleased: number): Promise<Settled>;
}

export function createStepExchange(deps: {
  steps: StepStore;
  session: WorkerSession;
  slots: AttemptSlots;
  /** Queues that this worker consumes. */
  queues: readonly QueueName[];
  /** Slots of this worker; times the live workers, it estimates those of all. */
  concurrency: number;
  isDraining: () => boolean;
  /** Called with the answer of every statement. */
  onAnswer: (answer: ExchangeAnswer) => void;
  /** Runs a step that was handed off beyond the first of its task, in a slot reserved for it. */
  runInReservedSlot: (attempt: StepAttempt, slot: AttemptSlot) => void;
}): StepExchange {
  const { steps, session, slots } = deps;

  const send = async (
    requests: readonly ExchangeRequest[],
    skipLocked: boolean,
  ): Promise<(ExchangeResult | typeof LOCKED)[]> => {
    const acquire = requests.flatMap((request) => ('acquire' in request ? [request.acquire] : []));
    const settle = requests.flatMap((request) => ('settle' in request ? [request.settle] : []));
    const isDraining = deps.isDraining();
    const extraSlots = slots.takeSlots(isDraining ? 0 : countExtraSlots(requests));
    try {
      const answer = await steps.exchange(session.id, {
        settle,
        acquire,
        handoffQueues: isDraining ? [] : deps.queues,
        queuesWithBacklog: ALL_QUEUES.filter((queue) => session.hasBacklog(queue)),
        directCapacity: DIRECT_PER_SLOT * deps.concurrency * session.liveWorkers,
        extraSlots: extraSlots.length,
        skipLocked,
      });
      deps.onAnswer(answer);
      const results = toResults(requests, answer, (attempt) => {
        const slot = extraSlots.pop();
        // The statement hands off at most as many steps as slots; without a slot, heartbeats report the attempt as an orphan.
        if (slot) deps.runInReservedSlot(attempt, slot);
      });
      const locked = new Set(answer.locked);
      return results.map((result, index) => (locked.has(stepOf(requests[index]).stepId) ? LOCKED : result));
    } finally {
      for (const slot of extraSlots) slot.release();
    }
  };

  /** Waits once for a locked task of the batch, then repeats the batch without the locked tasks. */
  const flush = async (requests: readonly ExchangeRequest[]): Promise<(ExchangeResult | typeof LOCKED)[]> => {
    try {
      return await send(requests, false);
    } catch (error) {
      if (!(error instanceof RowLockedError)) throw error;
      return await send(requests, true);
    }
  };
  const exchangeBatched = createIsolatingBatcher<ExchangeRequest, ExchangeResult | typeof LOCKED>(flush, {
    maxSize: 64,
    maxParallel: 2,
    minConcurrentItems: MIN_CONCURRENT_EXCHANGE,
    isSharedFailure: isConnectionFailure,
  });
  const exchangeAlone = createBatcher<ExchangeRequest, ExchangeResult | typeof LOCKED>(
    (requests) => send(requests, false),
    { maxSize: 1, maxParallel: LOCKED_PARALLEL },
  );

  /** Tasks found locked. Their requests are sent alone, so that no batch waits for them, until one has succeeded. */
  const lockedTasks = new Set<string>();
  const remember = (taskId: string): void => {
    const [oldest] = lockedTasks;
    if (lockedTasks.size >= MAX_LOCKED_TASKS && oldest !== undefined) lockedTasks.delete(oldest);
    lockedTasks.add(taskId);
  };
  const exchange = async (request: ExchangeRequest): Promise<ExchangeResult> => {
    const { taskId } = stepOf(request);
    if (!lockedTasks.has(taskId)) {
      const result = await exchangeBatched(request).catch((error: unknown): typeof LOCKED => {
        if (error instanceof RowLockedError) return LOCKED;
        throw error;
      });
      if (result !== LOCKED) return result;
      remember(taskId);
    }
    const result = await exchangeAlone(request);
    lockedTasks.delete(taskId);
    return result as ExchangeResult;
  };

  return {
    async acquire(job) {
      try {
        const result = await exchange({ acquire: job });
        return 'acquired' in result ? result.acquired : undefined;
      } catch (error) {
        // Frees the slot for other jobs; the sweep adds this one again.
        if (error instanceof RowLockedError) return undefined;
        throw error;
      }
    },
    settle: async (item, maxReleased) => (await exchange({ settle: item, maxReleased })) as Settled,
  };
}

const stepOf = (request: ExchangeRequest | undefined): { taskId: string; stepId: string } => {
  if (!request) throw new Error('the exchange statement returned more results than there were requests');
  return 'acquire' in request ? request.acquire : request.settle;
};

/** The first step that a settle releases runs in the settled step's slot; only further ones need extra slots. */
const countExtraSlots = (requests: readonly ExchangeRequest[]): number =>
  Math.min(
    MAX_EXTRA_SLOTS,
    requests.reduce((sum, request) => sum + ('settle' in request ? Math.max(0, request.maxReleased - 1) : 0), 0),
  );

/** Assigns acquired attempts to their jobs and one local hand-off to each settle of a task; calls `runExtra` for the rest. */
function toResults(
  requests: readonly ExchangeRequest[],
  answer: ExchangeAnswer,
  runExtra: (attempt: StepAttempt) => void,
): ExchangeResult[] {
  const attempts = new Map(answer.attempts.map((attempt) => [attempt.stepId, attempt]));
  const localHandoffs = Map.groupBy(
    answer.released.flatMap((step) => (step.kind === 'handoff' ? (attempts.get(step.stepId) ?? []) : [])),
    (attempt) => attempt.taskId,
  );
  // A stale job of a step that this statement handed off gets nothing.
  for (const { stepId } of [...localHandoffs.values()].flat()) attempts.delete(stepId);
  const results = requests.map((request): ExchangeResult => {
    if ('settle' in request) {
      const outcome = answer.outcomes.get(request.settle.stepId) ?? 'fenced';
      return { outcome, next: localHandoffs.get(request.settle.taskId)?.shift() };
    }
    const { stepId, attempt } = request.acquire;
    const acquired = attempts.get(stepId);
    // A job delivered twice in one batch runs once: the first request gets the attempt.
    if (acquired?.attempt !== attempt) return { acquired: undefined };
    attempts.delete(stepId);
    return { acquired };
  });
  for (const attempt of [...localHandoffs.values()].flat()) runExtra(attempt);
  return results;
}
