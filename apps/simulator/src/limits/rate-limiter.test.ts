import { describe, expect, it } from 'vitest';
import { createRateLimiter } from './rate-limiter.ts';

describe('createRateLimiter', () => {
  it('rejects the request above the limit and returns the wait', () => {
    const limiter = createRateLimiter({ requestsPerMinute: 2, tokensPerMinute: 1_000 });
    expect([1, 2].map(() => limiter.take('key', 1, 0).admitted)).toEqual([true, true]);
    expect(limiter.take('key', 1, 0)).toMatchObject({ admitted: false, retryAfterMs: 30_000 });
    expect(limiter.take('key', 1, 30_000).admitted).toBe(true);
  });

  it('counts tokens, and admits one request larger than the limit per minute', () => {
    const limiter = createRateLimiter({ requestsPerMinute: 100, tokensPerMinute: 600 });
    expect(limiter.take('key', 5_000, 0).admitted).toBe(true);
    expect(limiter.take('key', 10, 0)).toMatchObject({ admitted: false, retryAfterMs: 1_000 });
  });

  it('consumes nothing for a rejected request', () => {
    const limiter = createRateLimiter({ requestsPerMinute: 10, tokensPerMinute: 100 });
    limiter.take('key', 60, 0);
    expect(limiter.take('key', 60, 0).admitted).toBe(false);
    expect(limiter.take('key', 40, 0).admitted).toBe(true);
  });

  it('has separate limits per owner', () => {
    const limiter = createRateLimiter({ requestsPerMinute: 1, tokensPerMinute: 100 });
    expect(['a', 'b'].map((owner) => limiter.take(owner, 1, 0).admitted)).toEqual([true, true]);
  });
});
