/** What the coordinator advises for one pool. */
export interface PoolAdvice {
  pool: string;
  desiredReplicas: number;
}

export interface ScalingState {
  workers: number;
  /** Looks in a row that asked for fewer. */
  lowLooks: number;
}

/** Growing is urgent, shrinking is not: fewer workers only after so many looks in a row. */
const LOOKS_BEFORE_SHRINKING = 3;

/** Here every worker serves every pool, so the neediest one decides. Never below 1, so that new work is picked up. */
export function chooseWorkerTarget(
  state: ScalingState,
  advice: readonly PoolAdvice[],
  maxWorkers: number,
): ScalingState {
  if (advice.length === 0) return state;
  const desired = Math.max(...advice.map(({ desiredReplicas }) => desiredReplicas));
  const target = Math.min(maxWorkers, Math.max(1, desired));
  if (target > state.workers) return { workers: target, lowLooks: 0 };
  if (target === state.workers) return { workers: target, lowLooks: 0 };
  const lowLooks = state.lowLooks + 1;
  return lowLooks >= LOOKS_BEFORE_SHRINKING ? { workers: target, lowLooks: 0 } : { workers: state.workers, lowLooks };
}
