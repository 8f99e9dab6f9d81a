/** Characters read of all sources together (about 100,000 tokens), shared evenly within bounds per source. */
const READ_LIMIT = { total: 400_000, minPerSource: 20_000, maxPerSource: 120_000 } as const;

/** Characters to read of each source. Pure. */
export const readLimitPerSource = (sources: number): number =>
  Math.min(
    READ_LIMIT.maxPerSource,
    Math.max(READ_LIMIT.minPerSource, Math.floor(READ_LIMIT.total / Math.max(1, sources))),
  );
