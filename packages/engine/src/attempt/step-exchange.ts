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

/** Slots that one exchange keeps free for what it may be handed on; the others go on serving jobs meanwhile. */
const MAX_SPARE = 16;

/**
 * Freed steps that may lie queued for each slot there is. They are taken first come, first served, so a tenant that comes
 * anew waits behind no more than so many; a plan that fans out takes about as many at once.
 */
const DIRECT_PER_SLOT = 1;

/**
 * A second exchange starts beside one that is under way only with so much to do: each has a start to pay for, and a small
 * worker's traffic fits into one.
 */
const MIN_BESIDE = 32;

type Wish = { settle: SettleItem; mayFree: number } | { take: StepJob };

export interface Settled {
  outcome: 'settled' | 'already' | 'fenced';
  /** The step that goes straight on in the slot of the one settled. */
  next: StepAttempt | undefined;
}
type Granted = Settled | { taken: StepAttempt | undefined };
/** Another transaction holds the task: nothing was done. */
const LOCKED = 'locked';

/** Statements that wait for a locked task at once; the other connections stay with tasks that are free. */
const LOCKED_PARALLEL = 3;
/** Bounds what is remembered of tasks whose lock nobody waits for any more. */
const MAX_LOCKED_TASKS = 1_000;

/**
 * A worker's traffic with the database: attempts that end and steps to be taken go in one statement, with everything of
 * that kind that came up while earlier statements were under way.
 */
export interface StepExchange {
  /**
   * @returns the attempt; undefined where the step is not there to be taken, or its task stays locked: it is then still queued,
   *   and the sweep adds its job again
   */
  take(job: StepJob): Promise<StepAttempt | undefined>;
  /**
   * @param mayFree how many steps can become free by it, at most
   * @throws {RowLockedError} while another transaction holds the task; nothing was written
   */
  settle(item: SettleItem, mayFree: number): Promise<Settled>;
}

export function createStepExchange(deps: {
  steps: StepStore;
  session: WorkerSession;
  slots: AttemptSlots;
  queues: readonly QueueName[];
  /** This worker's slots, for a guess at those of all. */
  concurrency: number;
  isDraining: () => boolean;
  /** Told of every answer, once it is known. */
  onAnswer: (answer: ExchangeAnswer) => void;
  /** Runs a step that was handed on beyond the first of its task, in a slot kept free for it. */
  runConcurrently: (attempt: StepAttempt, slot: AttemptSlot) => void;
}): StepExchange {
  const { steps, session, slots } = deps;

  const send = async (wishes: readonly Wish[], skipLocked: boolean): Promise<(Granted | typeof LOCKED)[]> => {
    const take = wishes.flatMap((wish) => ('take' in wish ? [wish.take] : []));
    const settle = wishes.flatMap((wish) => ('settle' in wish ? [wish.settle] : []));
    const isDraining = deps.isDraining();
    const extraSlots = slots.takeSlots(isDraining ? 0 : countSpare(wishes));
    try {
      const answer = await steps.exchange(session.id, {
        settle,
        take,
        handoffQueues: isDraining ? [] : deps.queues,
        queuesWithBacklog: ALL_QUEUES.filter((queue) => session.hasBacklog(queue)),
        directCapacity: DIRECT_PER_SLOT * deps.concurrency * session.liveWorkers,
        extraSlots: extraSlots.length,
        skipLocked,
      });
      deps.onAnswer(answer);
      const granted = share(wishes, answer, (attempt) => {
        const slot = extraSlots.pop();
        // Without one it is the next heartbeats' to find; the statement hands on no more than it was told.
        if (slot) deps.runConcurrently(attempt, slot);
      });
      const locked = new Set(answer.locked);
      return granted.map((each, index) => (locked.has(stepOf(wishes[index]).stepId) ? LOCKED : each));
    } finally {
      for (const slot of extraSlots) slot.release();
    }
  };

  /** A batch that meets a locked task waits once, then does without it. */
  const flush = async (wishes: readonly Wish[]): Promise<(Granted | typeof LOCKED)[]> => {
    try {
      return await send(wishes, false);
    } catch (error) {
      if (!(error instanceof RowLockedError)) throw error;
      return await send(wishes, true);
    }
  };
  const exchangeBatched = createIsolatingBatcher<Wish, Granted | typeof LOCKED>(flush, {
    maxSize: 64,
    maxParallel: 2,
    minBeside: MIN_BESIDE,
    isSharedFailure: isConnectionFailure,
  });
  const exchangeAlone = createBatcher<Wish, Granted | typeof LOCKED>((wishes) => send(wishes, false), {
    maxSize: 1,
    maxParallel: LOCKED_PARALLEL,
  });

  /** Tasks found locked: what concerns them keeps out of everybody's batches until it has succeeded alone. */
  const lockedTasks = new Set<string>();
  const remember = (taskId: string): void => {
    const [oldest] = lockedTasks;
    if (lockedTasks.size >= MAX_LOCKED_TASKS && oldest !== undefined) lockedTasks.delete(oldest);
    lockedTasks.add(taskId);
  };
  const exchange = async (wish: Wish): Promise<Granted> => {
    const { taskId } = stepOf(wish);
    if (!lockedTasks.has(taskId)) {
      const granted = await exchangeBatched(wish).catch((error: unknown): typeof LOCKED => {
        if (error instanceof RowLockedError) return LOCKED;
        throw error;
      });
      if (granted !== LOCKED) return granted;
      remember(taskId);
    }
    const granted = await exchangeAlone(wish);
    lockedTasks.delete(taskId);
    return granted as Granted;
  };

  return {
    async take(job) {
      try {
        const granted = await exchange({ take: job });
        return 'taken' in granted ? granted.taken : undefined;
      } catch (error) {
        // The slot is worth more than this job: it comes again.
        if (error instanceof RowLockedError) return undefined;
        throw error;
      }
    },
    settle: async (item, mayFree) => (await exchange({ settle: item, mayFree })) as Settled,
  };
}

const stepOf = (wish: Wish | undefined): { taskId: string; stepId: string } => {
  if (!wish) throw new Error('a statement answered more than was asked for');
  return 'take' in wish ? wish.take : wish.settle;
};

/** The first step that a settle frees goes on in its slot; only others need more. */
const countSpare = (wishes: readonly Wish[]): number =>
  Math.min(
    MAX_SPARE,
    wishes.reduce((sum, wish) => sum + ('settle' in wish ? Math.max(0, wish.mayFree - 1) : 0), 0),
  );

/** Gives everybody what the statement answered: each job its attempt, each settle of a task one of those handed on. */
function share(wishes: readonly Wish[], answer: ExchangeAnswer, beside: (attempt: StepAttempt) => void): Granted[] {
  const attempts = new Map(answer.attempts.map((attempt) => [attempt.stepId, attempt]));
  const handedOn = Map.groupBy(
    answer.freed.flatMap((step) => (step.kind === 'handoff' ? (attempts.get(step.stepId) ?? []) : [])),
    (attempt) => attempt.taskId,
  );
  // A job of old for a step that is handed on in the same statement finds it taken.
  for (const { stepId } of [...handedOn.values()].flat()) attempts.delete(stepId);
  const granted = wishes.map((wish): Granted => {
    if ('settle' in wish) {
      const outcome = answer.outcomes.get(wish.settle.stepId) ?? 'fenced';
      return { outcome, next: handedOn.get(wish.settle.taskId)?.shift() };
    }
    const { stepId, attempt } = wish.take;
    const taken = attempts.get(stepId);
    // The same job delivered twice in one batch runs once: the first asker gets it.
    if (taken?.attempt !== attempt) return { taken: undefined };
    attempts.delete(stepId);
    return { taken };
  });
  for (const attempt of [...handedOn.values()].flat()) beside(attempt);
  return granted;
}
