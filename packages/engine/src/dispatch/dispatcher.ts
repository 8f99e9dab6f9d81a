import { laneOfQueue, type Lane, type QueueName } from '@pressroom/contracts';
import type { DispatchStore, QueuedStep, TenantBacklog } from '@pressroom/db';
import { errorMessage, type Clock, type Logger } from '@pressroom/runtime';
import { dispatchPriority } from './core/dispatch-priority.ts';
import type { JobSink } from '../ports.ts';
import { decideDispatch } from './core/decide-dispatch.ts';
import { adaptLookAhead, FIRST_LOOK_AHEAD } from './core/look-ahead.ts';

/** After a round that released nothing, kicks wait this long: freed slots without waiting work must stay cheap. */
const IDLE_PAUSE_MS = 25;
/**
 * What a process has learnt of a queue holds for the next round only when that follows soon. One that sweeps now and then
 * finds much taken since, by jobs that others let go in between: that says nothing about what would run dry.
 */
const FORGET_LOOK_AHEAD_MS = 100;
/**
 * Where steps of a tenant's begun tasks wait, one of its new tasks begins for every so many of them: begun work goes first, or
 * a lane would take up ever more tasks and end none. Tenants that have nothing begun are not held up.
 */
const BEGUN_PER_BEGINNING = 8;
const MAX_BEGINNINGS = 4;
/** A step queued this long without having started may have lost its job: with the queue store, or with whoever was to add it. */
const STALE_QUEUED_MS = 1_500;
/** Jobs added again for one queue at once. */
const STALE_PER_QUEUE = 200;

interface Waiting {
  queue: QueueName;
  lane: Lane;
  pool: readonly string[];
  room: number;
  lookAhead: number;
  backlogs: TenantBacklog[];
}

/** Whose begun tasks wait in a queue that the same workers serve in the same lane. */
const tenantsWithBegunTasks = (waiting: readonly Waiting[], lane: Lane, pool: readonly string[]): Set<string> =>
  new Set(
    waiting
      .filter((other) => other.lane === lane && pool.includes(other.queue))
      .flatMap(({ backlogs }) => backlogs.filter(({ head }) => head[0]?.begun === true))
      .map(({ tenantId }) => tenantId),
  );

/** Moves steps from `ready` to `queued` and into the queue store: fair among tenants, bounded by live slots. */
export interface Dispatcher {
  /** Asks for a round soon. Kicks coalesce; a round never runs twice at once in a process. */
  kick(): void;
  /** One round, or the one that runs just now; answers how many steps it released. */
  round(): Promise<number>;
  /** Adds jobs again for steps that have been queued for seconds. Adding twice is harmless. */
  requeueStale(): Promise<number>;
  /** May one step of this queue skip `ready`? True while the last round saw free slots and nobody waiting. */
  takeRoom(queue: QueueName): boolean;
  stop(): Promise<void>;
}

export function createDispatcher(deps: { store: DispatchStore; jobs: JobSink; clock: Clock; log: Logger }): Dispatcher {
  const { store, jobs, clock, log } = deps;
  const deficits = new Map<string, Map<string, number>>();
  const lookAheads = new Map<string, { jobs: number; atMs: number }>();
  const freeSlots = new Map<string, { left: number; found: number }>();
  /** New tasks that each lane may begin for tenants whose begun ones wait. */
  const beginnings: Record<Lane, number> = { interactive: 0, batch: 0 };
  let kicked = false;
  let running: Promise<void> | undefined;
  let currentRound: Promise<number> | undefined;
  const stopping = new AbortController();
  const isStopping = (): boolean => stopping.signal.aborted;

  const send = async (steps: readonly QueuedStep[]): Promise<void> => {
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
    const isRecent = last !== undefined && nowMs - last.atMs <= FORGET_LOOK_AHEAD_MS;
    const jobs = adaptLookAhead(isRecent ? last.jobs : FIRST_LOOK_AHEAD, found);
    lookAheads.set(queue, { jobs, atMs: nowMs });
    return jobs;
  };

  const dispatchAll = async (): Promise<number> => {
    let released = 0;
    const waiting: Waiting[] = [];
    for (const { queue, slots, idle, queued, contended, pool } of await store.rooms()) {
      const free = contended ? 0 : Math.max(0, slots - queued);
      freeSlots.set(queue, { left: free, found: free });
      if (!contended) {
        deficits.delete(queue);
        continue;
      }
      const lookAhead = nextLookAhead(queue, { slots, idle, queued });
      const room = lookAhead - queued;
      const backlogs = await store.backlogs(queue, Math.max(1, room));
      waiting.push({
        queue: queue as QueueName,
        lane: laneOfQueue(queue as QueueName),
        pool,
        room,
        lookAhead,
        backlogs,
      });
    }
    for (const { queue, lane, pool, room, lookAhead, backlogs } of waiting) {
      if (room <= 0) continue;
      const mayBegin = Math.floor(beginnings[lane]);
      const held = { tenants: tenantsWithBegunTasks(waiting, lane, pool), mayBegin };
      const decision = decideDispatch(backlogs, room, deficits.get(queue) ?? new Map(), held);
      deficits.set(queue, decision.deficits);
      if (decision.stepIds.length === 0) continue;
      const earned = decision.begun / BEGUN_PER_BEGINNING;
      beginnings[lane] = Math.min(MAX_BEGINNINGS, beginnings[lane] - decision.beginnings + earned);
      // Answered in the order of release, which is the order in the queue store among equals.
      const moved = await store.markQueued(queue, decision.stepIds, lookAhead);
      released += moved.length;
      await send(moved);
    }
    return released;
  };

  /** Whoever asks while a round runs gets that one's answer. */
  const round = (): Promise<number> =>
    (currentRound ??= dispatchAll().finally(() => {
      currentRound = undefined;
    }));

  const work = async (): Promise<void> => {
    while (kicked && !isStopping()) {
      kicked = false;
      try {
        const released = await round();
        if (released === 0) await clock.sleep(IDLE_PAUSE_MS, stopping.signal);
      } catch (error) {
        if (isStopping()) return;
        log.warn({ reason: errorMessage(error) }, 'dispatch.round_failed');
        // The periodic sweep tries again; hammering a store that is down helps nobody.
        kicked = false;
      }
    }
  };

  const kick = (): void => {
    kicked = true;
    if (running || isStopping()) return;
    running = work().finally(() => {
      running = undefined;
      if (kicked) kick();
    });
  };

  return {
    round,
    kick,
    async requeueStale() {
      const steps = await store.stale(STALE_QUEUED_MS, STALE_PER_QUEUE);
      await send(steps);
      return steps.length;
    },
    takeRoom(queue) {
      const room = freeSlots.get(queue);
      if (room === undefined || room.left < 1) return false;
      room.left -= 1;
      // Looked up again before it runs out: slots become free without anybody telling who submits.
      if (room.left <= room.found / 2) kick();
      return true;
    },
    async stop() {
      stopping.abort(new Error('stopping'));
      await running;
    },
  };
}
