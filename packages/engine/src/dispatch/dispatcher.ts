import { laneOfQueue, type Lane, type QueueName } from '@pressroom/contracts';
import type { DispatchStore, QueuedStep, TenantBacklog } from '@pressroom/db';
import { errorMessage, type Clock, type Logger } from '@pressroom/runtime';
import { dispatchPriority } from './core/dispatch-priority.ts';
import type { JobSink } from '../ports.ts';
import { decideDispatch } from './core/decide-dispatch.ts';
import { adaptLookAhead, FIRST_LOOK_AHEAD } from './core/look-ahead.ts';

/** Pause after a dispatch that released nothing, so that freed slots without ready steps stay cheap. */
const IDLE_PAUSE_MS = 25;
/**
 * The cached look-ahead of a queue expires after this time: other processes dispatch too, and an older sample overstates how
 * fast the jobs of this one were consumed.
 */
const LOOK_AHEAD_TTL_MS = 100;
/**
 * While steps of a tenant's started tasks wait, one of its new tasks starts for each so many of them. Otherwise a lane would
 * start ever more tasks and finish none. Tenants without started tasks are not limited.
 */
const STARTED_STEPS_PER_NEW_TASK = 8;
const MAX_NEW_TASK_ALLOWANCE = 4;
/** After this time in `queued` without having started, a step's job may be lost: with the queue store or with its sender. */
const STALE_QUEUED_MS = 1_500;
/** Most jobs added again for one queue at once. */
const STALE_PER_QUEUE = 200;

/** A queue with ready steps. */
interface BackloggedQueue {
  queue: QueueName;
  lane: Lane;
  pool: readonly string[];
  capacity: number;
  lookAhead: number;
  backlogs: TenantBacklog[];
}

/** Tenants with steps of started tasks in queues of this lane that the same workers serve. */
const tenantsWithStartedTasks = (
  backloggedQueues: readonly BackloggedQueue[],
  lane: Lane,
  pool: readonly string[],
): Set<string> =>
  new Set(
    backloggedQueues
      .filter((other) => other.lane === lane && pool.includes(other.queue))
      .flatMap(({ backlogs }) => backlogs.filter(({ head }) => head[0]?.hasStarted === true))
      .map(({ tenantId }) => tenantId),
  );

/** Moves steps from `ready` to `queued` and adds their jobs to the queue store: fair among tenants, bounded by live slots. */
export interface Dispatcher {
  /** Schedules a dispatch. Requests coalesce; a process runs one dispatch at a time. */
  requestDispatch(): void;
  /** Runs one dispatch, or joins the one in progress. Returns how many steps it released. */
  dispatchOnce(): Promise<number>;
  /** Adds the jobs of stale queued steps again; returns how many. Idempotent: a step runs once however many jobs it has. */
  requeueStale(): Promise<number>;
  /** Reserves a slot for a step of this queue that may skip `ready`. False unless the last dispatch saw free slots and no backlog. */
  reserveDirectSlot(queue: QueueName): boolean;
  stop(): Promise<void>;
}

export function createDispatcher(deps: { store: DispatchStore; jobs: JobSink; clock: Clock; log: Logger }): Dispatcher {
  const { store, jobs, clock, log } = deps;
  const deficits = new Map<string, Map<string, number>>();
  const lookAheads = new Map<string, { jobs: number; atMs: number }>();
  const freeSlots = new Map<string, { left: number; found: number }>();
  /** New tasks that each lane may start for tenants with started tasks waiting. */
  const newTaskAllowance: Record<Lane, number> = { interactive: 0, batch: 0 };
  let isRequested = false;
  let running: Promise<void> | undefined;
  let currentDispatch: Promise<number> | undefined;
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;

  const addJobs = async (steps: readonly QueuedStep[]): Promise<void> => {
    const byQueue = Map.groupBy(steps, (step) => step.queue as QueueName);
    for (const [queue, list] of byQueue) {
      await jobs.add(
        queue,
        list.map((step) => ({
          job: { taskId: step.taskId, stepId: step.stepId, attempt: step.attempt + 1 },
          priority: dispatchPriority(step.priority, step),
        })),
      );
    }
  };

  const nextLookAhead = (queue: string, found: Parameters<typeof adaptLookAhead>[1]): number => {
    const nowMs = clock.monotonicMs();
    const last = lookAheads.get(queue);
    const isRecent = last !== undefined && nowMs - last.atMs <= LOOK_AHEAD_TTL_MS;
    const jobs = adaptLookAhead(isRecent ? last.jobs : FIRST_LOOK_AHEAD, found);
    lookAheads.set(queue, { jobs, atMs: nowMs });
    return jobs;
  };

  const readBackloggedQueues = async (): Promise<BackloggedQueue[]> => {
    const backloggedQueues: BackloggedQueue[] = [];
    for (const { queue, slots, idle, queued, hasBacklog, pool } of await store.capacities()) {
      // Idle slots only: jobs beyond them wait in the queue store in order of arrival, ahead of tenants that come later.
      const free = hasBacklog ? 0 : Math.max(0, idle - queued);
      freeSlots.set(queue, { left: free, found: free });
      if (!hasBacklog) {
        deficits.delete(queue);
        continue;
      }
      const lookAhead = nextLookAhead(queue, { slots, idle, queued });
      const capacity = lookAhead - queued;
      const backlogs = await store.backlogs(queue, Math.max(1, capacity));
      backloggedQueues.push({
        queue: queue as QueueName,
        lane: laneOfQueue(queue as QueueName),
        pool,
        capacity,
        lookAhead,
        backlogs,
      });
    }
    return backloggedQueues;
  };

  const dispatchAll = async (): Promise<number> => {
    let released = 0;
    const backloggedQueues = await readBackloggedQueues();
    for (const { queue, lane, pool, capacity, lookAhead, backlogs } of backloggedQueues) {
      if (capacity <= 0) continue;
      const limit = {
        tenants: tenantsWithStartedTasks(backloggedQueues, lane, pool),
        newTaskAllowance: Math.floor(newTaskAllowance[lane]),
      };
      const decision = decideDispatch(backlogs, capacity, deficits.get(queue) ?? new Map(), limit);
      deficits.set(queue, decision.deficits);
      if (decision.stepIds.length === 0) continue;
      const earned = decision.startedSteps / STARTED_STEPS_PER_NEW_TASK;
      newTaskAllowance[lane] = Math.min(MAX_NEW_TASK_ALLOWANCE, newTaskAllowance[lane] - decision.newTasks + earned);
      // Returned in order of release, which is the order of equal priorities in the queue store.
      const queuedSteps = await store.markQueued(queue, decision.stepIds, lookAhead);
      released += queuedSteps.length;
      await addJobs(queuedSteps);
    }
    return released;
  };

  const dispatchOnce = (): Promise<number> =>
    (currentDispatch ??= dispatchAll().finally(() => {
      currentDispatch = undefined;
    }));

  const dispatchWhileRequested = async (): Promise<void> => {
    while (isRequested && !isStopping()) {
      isRequested = false;
      try {
        const released = await dispatchOnce();
        if (released === 0) await clock.sleep(IDLE_PAUSE_MS, stopping.signal);
      } catch (error) {
        if (isStopping()) return;
        log.warn({ reason: errorMessage(error) }, 'dispatch.failed');
        // Leave the retry to the periodic loop instead of hammering a store that is down.
        isRequested = false;
      }
    }
  };

  const requestDispatch = (): void => {
    isRequested = true;
    if (running || isStopping()) return;
    running = dispatchWhileRequested().finally(() => {
      running = undefined;
      if (isRequested) requestDispatch();
    });
  };

  return {
    dispatchOnce,
    requestDispatch,
    async requeueStale() {
      const steps = await store.stale(STALE_QUEUED_MS, STALE_PER_QUEUE);
      await addJobs(steps);
      return steps.length;
    },
    reserveDirectSlot(queue) {
      const free = freeSlots.get(queue);
      if (free === undefined || free.left < 1) return false;
      free.left -= 1;
      // Refresh before the count runs out: a submitter is not notified when slots become free.
      if (free.left <= free.found / 2) requestDispatch();
      return true;
    },
    async stop() {
      stopping.abort(new Error('stopping'));
      await running;
    },
  };
}
