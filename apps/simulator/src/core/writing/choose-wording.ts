/** One statement with the lengths it can have; a statement may also be left out. */
export interface WordingOption {
  /** Words of each variant, in order of preference. */
  words: readonly number[];
  /** How much it matters that the statement is there at all. */
  value: number;
}

/**
 * Picks a variant, or none, of every statement so that the words add up to a sum between `minWords` and `maxWords`,
 * keeping as much value as possible; when that cannot be, as close to the range as possible, but never above `limitWords`.
 *
 * @returns per statement the index of the variant, or -1 where it is left out
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
      // The preferred wording is worth a little more, never as much as another statement.
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
    // Of equal worth, the longer text is the better one.
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
