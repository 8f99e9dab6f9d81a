/** Median and extremes of repeated measurements. */
export interface Summary {
  median: number;
  min: number;
  max: number;
  /** Number of measurements. */
  n: number;
}

/**
 * Median with range. A median is not affected by one disturbed round, unlike a mean.
 * @throws {RangeError} for an empty list
 */
export function summarise(values: readonly number[]): Summary {
  const sorted = sort(values);
  const upper = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(sorted, upper) : (at(sorted, upper - 1) + at(sorted, upper)) / 2;
  return { median, min: at(sorted, 0), max: at(sorted, sorted.length - 1), n: sorted.length };
}

/**
 * Nearest-rank percentile: the smallest measured value that at least `share` of all values do not exceed.
 * @param share in (0, 1]
 * @throws {RangeError} when there are no values or the share is out of range
 */
export function percentile(values: readonly number[], share: number): number {
  if (!(share > 0 && share <= 1)) throw new RangeError(`a share is in (0, 1], not ${share}`);
  const sorted = sort(values);
  return at(sorted, Math.ceil(share * sorted.length) - 1);
}

/**
 * Ratios of two contenders, round by round, so that changes between rounds cancel out. Rounds of only one contender are
 * omitted.
 */
export function ratiosByRound(
  numerator: ReadonlyMap<number, number>,
  denominator: ReadonlyMap<number, number>,
): number[] {
  return [...numerator].flatMap(([round, value]) => {
    const other = denominator.get(round);
    return other === undefined || other === 0 ? [] : [value / other];
  });
}

function sort(values: readonly number[]): number[] {
  if (values.length === 0) throw new RangeError('nothing was measured');
  return [...values].sort((a, b) => a - b);
}

/** The caller guarantees that the index exists. */
const at = (sorted: readonly number[], index: number): number => sorted[index] ?? Number.NaN;
