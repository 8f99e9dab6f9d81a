/** How long is too long. */
export interface WatchdogLimits {
  /** A step this long in the queue store, and nothing taken from its queue for as long, means that nobody takes. */
  stuckAfterMs: number;
  /** How long that must last while this worker could have taken it. */
  confirmMs: number;
  /** How long a restarted consumer has to show that it takes. */
  graceMs: number;
}

export interface WatchdogFacts {
  nowMs: number;
  /** Could this worker start a step at this moment? */
  hasFreeSlots: boolean;
  /** Does every queue get answers from its store? */
  isConsuming: boolean;
  /** Does the queue store answer this process at all? */
  storeAnswers: boolean;
  /** Queues of this worker with steps in the queue store, none of them paused. */
  queues: readonly {
    /** How long the first step has been there. */
    queuedForMs: number;
    /** How long ago this worker took one. */
    idleForMs: number;
  }[];
}

/**
 * - neither set: nothing is wrong.
 * - `suspectSinceMs`: work waits that nobody takes, since then without a break.
 * - `restartedAtMs` as well: the consumer was started afresh, and has not taken anything yet.
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
 * What to do about a consumer that may have stopped taking. Pure. First it is started afresh; if that does not help, the
 * process must go, since whatever holds it back may be anywhere in it. A store that does not answer is no reason for
 * either: a new process would find it as silent.
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
  if (!facts.storeAnswers) return false;
  if (!facts.isConsuming) return true;
  return (
    facts.hasFreeSlots &&
    facts.queues.some(({ queuedForMs, idleForMs }) => queuedForMs >= stuckAfterMs && idleForMs >= stuckAfterMs)
  );
}
