import type { ProviderLimits } from '../pacing/core/divide-limit.ts';

/**
 * Reads a provider's limits per minute from the headers of either vendor. Undefined when there are no valid ones.
 * Anthropic's `tokens` is the strictest of its token limits at the time.
 */
export function readRateLimits(headers: Pick<Headers, 'get'>): ProviderLimits | undefined {
  const requestsPerMinute = limitIn(headers, 'x-ratelimit-limit-requests', 'anthropic-ratelimit-requests-limit');
  const tokensPerMinute = limitIn(headers, 'x-ratelimit-limit-tokens', 'anthropic-ratelimit-tokens-limit');
  if (requestsPerMinute === undefined && tokensPerMinute === undefined) return undefined;
  return {
    ...(requestsPerMinute !== undefined && { requestsPerMinute }),
    ...(tokensPerMinute !== undefined && { tokensPerMinute }),
  };
}

function limitIn(headers: Pick<Headers, 'get'>, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null && /^\d{1,12}$/.test(value) && Number(value) > 0) return Number(value);
  }
  return undefined;
}
