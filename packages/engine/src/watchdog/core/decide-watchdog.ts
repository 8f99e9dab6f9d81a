/** Time limits in milliseconds. */
export interface WatchdogLimits {
  /** The consumer may be stuck when a step is queued, and no job of its queue was taken, for this long. */
  stuckAfterMs: number;
  /** How long that must last while this worker has free slots. */
  confirmMs: number;
  /** How long a restarted consumer has to take a job. */
  graceMs: number;
}

export interface WatchdogFacts {
  nowMs: number;
  /** Has this worker a free slot? */
  hasFreeSlots: boolean;
  /** Do all queues of the consumer reach their store? */
  isConsuming: boolean;
  /** Is the queue store reachable over another connection of this process? */
  isStoreReachable: boolean;
  /** Unpaused queues of this worker with queued steps. */
  queues: readonly {
    /** How long the oldest step has been queued. */
    queuedForMs: number;
    /** Time since this worker last took a job of the queue. */
    idleForMs: number;
  }[];
}

/**
 * - neither set: healthy.
 * - `suspectSinceMs`: jobs have not been taken since then, without interruption.
 * - `restartedAtMs` too: the consumer was restarted and has not taken a job yet.
 */
export interface WatchdogMemory {
  suspectSinceMs?: number;
  restartedAtMs?: number;
}

export interface WatchdogDecision {
  action: 'none' | 'restart' | 'exit';
  memory: WatchdogMemory;
}

/**
 * Decides what to do about a consumer that may be stuck: restart it first, and exit the process if that does not help, since the
 * cause may be anywhere in it. Does neither while the store is unreachable: a new process would not reach it either. Pure.
 */
export function decideWatchdog(facts: WatchdogFacts, memory: WatchdogMemory, limits: WatchdogLimits): WatchdogDecision {
  if (!isSuspect(facts, limits)) return { action: 'none', memory: {} };
  const suspectSinceMs = memory.suspectSinceMs ?? facts.nowMs;
  if (memory.restartedAtMs !== undefined) {
    const action = facts.nowMs - memory.restartedAtMs >= limits.graceMs ? 'exit' : 'none';
    return { action, memory: { ...memory, suspectSinceMs } };
  }
  if (facts.nowMs - suspectSinceMs < limits.confirmMs) return { action: 'none', memory: { suspectSinceMs } };
  return { action: 'restart', memory: { suspectSinceMs, restartedAtMs: facts.nowMs } };
}

function isSuspect(facts: WatchdogFacts, { stuckAfterMs }: WatchdogLimits): boolean {
  if (!facts.isStoreReachable) return false;
  if (!facts.isConsuming) return true;
  return (
    facts.hasFreeSlots &&
    facts.queues.some(({ queuedForMs, idleForMs }) => queuedForMs >= stuckAfterMs && idleForMs >= stuckAfterMs)
  );
}
