/** Characters read of all sources together, about 100,000 tokens, shared evenly between these bounds. */
const READ_LIMIT = { total: 400_000, leastPerSource: 20_000, mostPerSource: 120_000 } as const;

/** Characters read of each of so many sources. Pure. */
export const shareOfReading = (sources: number): number =>
  Math.min(
    READ_LIMIT.mostPerSource,
    Math.max(READ_LIMIT.leastPerSource, Math.floor(READ_LIMIT.total / Math.max(1, sources))),
  );
