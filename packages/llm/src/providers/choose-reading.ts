/** Relative difference from the local count above which a reported prompt is rejected. */
export const COUNT_TOLERANCE_PERCENT = 20;

/** A prompt by price class; the parts are disjoint. */
export interface PromptParts {
  uncachedInput: number;
  cacheRead: number;
  cacheWrite: number;
}

/**
 * Chooses between interpretations of a usage report: servers differ in whether the prompt count includes cached tokens.
 *
 * @param expectedTokens local count of the whole prompt
 * @param readings the vendor's own interpretation first
 * @returns the first interpretation that agrees with the local count within the tolerance, else the first
 */
export function chooseReading(expectedTokens: number, readings: readonly [PromptParts, ...PromptParts[]]): PromptParts {
  const fits = ({ uncachedInput, cacheRead, cacheWrite }: PromptParts): boolean =>
    Math.abs(uncachedInput + cacheRead + cacheWrite - expectedTokens) * 100 <= expectedTokens * COUNT_TOLERANCE_PERCENT;
  return readings.find(fits) ?? readings[0];
}
