import type { RateLimitState } from '../core/wire/rate-limit-headers.ts';

export interface RateLimits {
  requestsPerMinute: number;
  tokensPerMinute: number;
}

export type Admission =
  { admitted: true; state: RateLimitState } | { admitted: false; state: RateLimitState; retryAfterMs: number };

export interface RateLimiter {
  /** Consumes one request and its tokens, or rejects and consumes nothing. Limits are per owner. */
  take(owner: string, tokens: number, nowMs: number): Admission;
}

const MAX_OWNERS = 10_000;

/** Token buckets with the capacity of one minute and a constant refill. */
export function createRateLimiter(limits: RateLimits): RateLimiter {
  const buckets = new Map<string, { requests: number; tokens: number; atMs: number }>();
  return {
    take(owner, tokens, nowMs) {
      const known = buckets.get(owner) ?? {
        requests: limits.requestsPerMinute,
        tokens: limits.tokensPerMinute,
        atMs: nowMs,
      };
      const elapsed = Math.max(0, nowMs - known.atMs) / 60_000;
      const requestsLeft = Math.min(limits.requestsPerMinute, known.requests + elapsed * limits.requestsPerMinute);
      const tokensLeft = Math.min(limits.tokensPerMinute, known.tokens + elapsed * limits.tokensPerMinute);
      // A request larger than the bucket is admitted when the bucket is full, since it could never pass otherwise.
      const wanted = Math.min(tokens, limits.tokensPerMinute);
      const admitted = requestsLeft >= 1 && tokensLeft >= wanted;
      const next = {
        requests: requestsLeft - (admitted ? 1 : 0),
        tokens: tokensLeft - (admitted ? wanted : 0),
        atMs: nowMs,
      };
      buckets.delete(owner);
      buckets.set(owner, next);
      if (buckets.size > MAX_OWNERS) buckets.delete(buckets.keys().next().value ?? '');
      const state: RateLimitState = {
        requests: {
          limit: limits.requestsPerMinute,
          remaining: next.requests,
          resetMs: waitMs(limits.requestsPerMinute - next.requests, limits.requestsPerMinute),
        },
        tokens: {
          limit: limits.tokensPerMinute,
          remaining: next.tokens,
          resetMs: waitMs(limits.tokensPerMinute - next.tokens, limits.tokensPerMinute),
        },
      };
      if (admitted) return { admitted, state };
      const retryAfterMs = Math.max(
        waitMs(1 - requestsLeft, limits.requestsPerMinute),
        waitMs(wanted - tokensLeft, limits.tokensPerMinute),
        1,
      );
      return { admitted, state, retryAfterMs };
    },
  };
}

function waitMs(missing: number, perMinute: number): number {
  return Math.max(0, Math.ceil((missing / perMinute) * 60_000));
}
