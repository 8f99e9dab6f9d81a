import { describe, expect, it } from 'vitest';
import { readRateLimits } from './rate-limit-headers.ts';

describe('readRateLimits', () => {
  it.each([
    [
      'OpenAI',
      {
        'x-ratelimit-limit-requests': '5000',
        'x-ratelimit-limit-tokens': '450000',
        'x-ratelimit-remaining-tokens': '9',
      },
    ],
    ['Anthropic', { 'anthropic-ratelimit-requests-limit': '5000', 'anthropic-ratelimit-tokens-limit': '450000' }],
  ])('reads the headers of %s', (_vendor, headers) => {
    expect(readRateLimits(new Headers(headers))).toEqual({ requestsPerMinute: 5_000, tokensPerMinute: 450_000 });
  });

  it('accepts either limit alone', () => {
    expect(readRateLimits(new Headers({ 'x-ratelimit-limit-tokens': '100' }))).toEqual({ tokensPerMinute: 100 });
  });

  it.each([
    {},
    { 'x-ratelimit-limit-requests': '0' },
    { 'x-ratelimit-limit-tokens': 'unlimited' },
    { 'x-ratelimit-limit-tokens': '-5' },
  ])('ignores %j', (headers) => {
    expect(readRateLimits(new Headers(headers as Record<string, string>))).toBeUndefined();
  });
});
