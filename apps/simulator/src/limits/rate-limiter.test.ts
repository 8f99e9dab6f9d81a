import { describe, expect, it } from 'vitest';
import { createRateLimiter } from './rate-limiter.ts';

describe('createRateLimiter', () => {
  it('refuses the request over the limit and says when to come back', () => {
    const limiter = createRateLimiter({ requestsPerMinute: 2, tokensPerMinute: 1_000 });
    expect([1, 2].map(() => limiter.take('key', 1, 0).admitted)).toEqual([true, true]);
    expect(limiter.take('key', 1, 0)).toMatchObject({ admitted: false, retryAfterMs: 30_000 });
    expect(limiter.take('key', 1, 30_000).admitted).toBe(true);
  });

  it("counts tokens, and lets one request pass that is larger than a minute's worth", () => {
    const limiter = createRateLimiter({ requestsPerMinute: 100, tokensPerMinute: 600 });
    expect(limiter.take('key', 5_000, 0).admitted).toBe(true);
    expect(limiter.take('key', 10, 0)).toMatchObject({ admitted: false, retryAfterMs: 1_000 });
  });

  it('takes nothing from a request that is refused', () => {
    const limiter = createRateLimiter({ requestsPerMinute: 10, tokensPerMinute: 100 });
    limiter.take('key', 60, 0);
    expect(limiter.take('key', 60, 0).admitted).toBe(false);
    expect(limiter.take('key', 40, 0).admitted).toBe(true);
  });

  it('gives every owner limits of its own', () => {
    const limiter = createRateLimiter({ requestsPerMinute: 1, tokensPerMinute: 100 });
    expect(['a', 'b'].map((owner) => limiter.take(owner, 1, 0).admitted)).toEqual([true, true]);
  });
});
