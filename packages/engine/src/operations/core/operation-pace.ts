/** How many items a running operation may touch at this moment, by token bucket: one bucket an operation. */
export interface OperationPace {
  /** Takes what has come together since the last time, at most `most`. */
  take(operationId: string, ratePerSecond: number | null, nowMs: number, most: number): number;
  /** Gives back what was taken and not used. */
  giveBack(operationId: string, items: number): void;
  /** Forgets operations that are over. */
  keep(operationIds: ReadonlySet<string>): void;
}

/** A bucket holds what comes together in this time, so that a pause is not made up for by a burst. */
const BUCKET_MS = 1_000;

export function createOperationPace(): OperationPace {
  const buckets = new Map<string, { tokens: number; filledAtMs: number }>();
  return {
    take(operationId, ratePerSecond, nowMs, most) {
      if (ratePerSecond === null) return most;
      const bucket = buckets.get(operationId) ?? { tokens: 1, filledAtMs: nowMs };
      const capacity = Math.max(1, (ratePerSecond * BUCKET_MS) / 1_000);
      const come = (ratePerSecond * Math.max(0, nowMs - bucket.filledAtMs)) / 1_000;
      const tokens = Math.min(capacity, bucket.tokens + come);
      const taken = Math.min(most, Math.floor(tokens));
      buckets.set(operationId, { tokens: tokens - taken, filledAtMs: nowMs });
      return taken;
    },
    giveBack(operationId, items) {
      const bucket = buckets.get(operationId);
      if (bucket) bucket.tokens += items;
    },
    keep(operationIds) {
      for (const id of buckets.keys()) if (!operationIds.has(id)) buckets.delete(id);
    },
  };
}
