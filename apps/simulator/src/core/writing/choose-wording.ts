/** One statement with variants of different lengths; a statement may also be omitted. */
export interface WordingOption {
  /** Words of each variant, in order of preference. */
  words: readonly number[];
  /** Value of including the statement. */
  value: number;
}

/**
 * Chooses a variant, or none, of every statement so that the words add up to between `minWords` and `maxWords` with maximum
 * value. If that is impossible, the sum is as close to the range as possible, but never above `limitWords`.
 *
 * @returns per statement the index of the variant, or -1 if omitted
 */
export function chooseWording(
  options: readonly WordingOption[],
  minWords: number,
  maxWords: number,
  limitWords: number,
): number[] {
  const width = limitWords + 1;
  let best = new Float64Array(width).fill(-Infinity);
  best[0] = 0;
  const picks: Int8Array[] = [];
  for (const option of options) {
    const next = best.slice();
    const pick = new Int8Array(width).fill(-1);
    option.words.forEach((words, variant) => {
      // Preferring the first variant is worth less than including another statement.
      const value = option.value * (1 - 0.08 * variant);
      for (let sum = words; sum < width; sum += 1) {
        const total = (best[sum - words] ?? -Infinity) + value;
        if (total > (next[sum] ?? -Infinity)) {
          next[sum] = total;
          pick[sum] = variant;
        }
      }
    });
    picks.push(pick);
    best = next;
  }
  let sum = -1;
  for (let candidate = minWords; candidate <= maxWords; candidate += 1) {
    // At equal value, the longer text is preferred.
    if (isReachable(best, candidate) && (best[candidate] ?? 0) >= (best[sum] ?? -Infinity)) sum = candidate;
  }
  for (let miss = 1; sum < 0 && miss <= width; miss += 1) {
    if (isReachable(best, maxWords + miss)) sum = maxWords + miss;
    else if (isReachable(best, minWords - miss)) sum = minWords - miss;
  }
  const chosen = new Array<number>(options.length).fill(-1);
  for (let index = options.length - 1; index >= 0; index -= 1) {
    const variant = picks[index]?.[sum] ?? -1;
    chosen[index] = variant;
    if (variant >= 0) sum -= options[index]?.words[variant] ?? 0;
  }
  return chosen;
}

const isReachable = (best: Float64Array, sum: number): boolean => (best[sum] ?? -Infinity) > -Infinity;
