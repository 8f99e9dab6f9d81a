/** How far a reported prompt may be from our own count before it is doubted. */
export const COUNT_TOLERANCE_PERCENT = 20;

/** A prompt by how its tokens are billed; the parts are disjoint. */
export interface PromptParts {
  uncachedInput: number;
  cacheRead: number;
  cacheWrite: number;
}

/**
 * Servers differ in whether their prompt count includes what was cached, so that one report can be read in several ways.
 *
 * @param expectedTokens our own count of the whole prompt
 * @param readings the vendor's own reading first
 * @returns the first reading that our count bears out to within the tolerance, else the first
 */
export function chooseReading(expectedTokens: number, readings: readonly [PromptParts, ...PromptParts[]]): PromptParts {
  const fits = ({ uncachedInput, cacheRead, cacheWrite }: PromptParts): boolean =>
    Math.abs(uncachedInput + cacheRead + cacheWrite - expectedTokens) * 100 <= expectedTokens * COUNT_TOLERANCE_PERCENT;
  return readings.find(fits) ?? readings[0];
}
