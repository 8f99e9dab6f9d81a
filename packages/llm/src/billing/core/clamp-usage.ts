import type { Usage } from '../../ports.ts';

/**
 * Clamps reported usage to a multiple of the most that a request can use. Larger counts are server faults: one server
 * reported 2³² - 1 tokens for a one-sentence reply. Reasoning stays a part of the output.
 */
export function clampUsage(
  reported: Usage,
  most: { maxPromptTokens: number; maxOutputTokens: number },
  multiple: number,
): { usage: Usage; isClamped: boolean } {
  let remaining = multiple * most.maxPromptTokens;
  const take = (tokens: number): number => {
    const taken = Math.min(tokens, remaining);
    remaining -= taken;
    return taken;
  };
  const output = Math.min(reported.output, multiple * most.maxOutputTokens);
  const usage: Usage = {
    uncachedInput: take(reported.uncachedInput),
    cacheWrite1h: take(reported.cacheWrite1h),
    cacheWrite5m: take(reported.cacheWrite5m),
    cacheRead: take(reported.cacheRead),
    output,
    reasoning: Math.min(reported.reasoning, output),
  };
  const isClamped = (Object.keys(usage) as (keyof Usage)[]).some((key) => usage[key] !== reported[key]);
  return { usage, isClamped };
}
