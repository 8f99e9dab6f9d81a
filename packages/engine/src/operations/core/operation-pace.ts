/** Rate limit of operations: one token bucket per operation. */
export interface OperationPace {
  /** Takes the available tokens, at most `most`. */
  take(operationId: string, ratePerSecond: number | null, nowMs: number, most: number): number;
  /** Returns unused tokens. */
  refund(operationId: string, items: number): void;
  /** Drops the buckets of all other operations. */
  retain(operationIds: ReadonlySet<string>): void;
}

/** Capacity of a bucket in time, so that no burst follows a pause. */
const BUCKET_MS = 1_000;

export function createOperationPace(): OperationPace {
  const buckets = new Map<string, { tokens: number; filledAtMs: number }>();
  return {
    take(operationId, ratePerSecond, nowMs, most) {
      if (ratePerSecond === null) return most;
      const bucket = buckets.get(operationId) ?? { tokens: 1, filledAtMs: nowMs };
      const capacity = Math.max(1, (ratePerSecond * BUCKET_MS) / 1_000);
      const added = (ratePerSecond * Math.max(0, nowMs - bucket.filledAtMs)) / 1_000;
      const tokens = Math.min(capacity, bucket.tokens + added);
      const taken = Math.min(most, Math.floor(tokens));
      buckets.set(operationId, { tokens: tokens - taken, filledAtMs: nowMs });
      return taken;
    },
    refund(operationId, items) {
      const bucket = buckets.get(operationId);
      if (bucket) bucket.tokens += items;
    },
    retain(operationIds) {
      for (const id of buckets.keys()) if (!operationIds.has(id)) buckets.delete(id);
    },
  };
}
