import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANTHROPIC_USAGE } from './__fixtures__/anthropic-usage.ts';
import { OPENAI_USAGE } from './__fixtures__/openai-usage.ts';
import { hasOutputCount, readAnthropicUsage } from './anthropic-usage.ts';
import { readOpenAiUsage } from './openai-usage.ts';
import type { Usage } from '../ports.ts';

const usage = (part: Partial<Usage>): Usage => ({
  uncachedInput: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 0,
  reasoning: 0,
  ...part,
});
const inputOf = (read: Usage): number => read.uncachedInput + read.cacheRead + read.cacheWrite5m + read.cacheWrite1h;
const tokens = fc.integer({ min: 0, max: 1_000_000 });

describe('readOpenAiUsage', () => {
  it.each([
    { of: 'plain', expected: usage({ uncachedInput: 1_117, output: 46 }) },
    { of: 'cached', expected: usage({ uncachedInput: 86, cacheRead: 1_920, output: 300 }) },
    { of: 'cacheWritten', expected: usage({ uncachedInput: 428, cacheRead: 1_024, cacheWrite5m: 2_048, output: 12 }) },
    { of: 'reasoning', expected: usage({ uncachedInput: 75, output: 1_186, reasoning: 1_024 }) },
    { of: 'reasoningApart', expected: usage({ uncachedInput: 32, output: 103, reasoning: 94 }) },
    { of: 'minimal', expected: usage({ uncachedInput: 12, output: 7 }) },
    { of: 'nulls', expected: usage({ uncachedInput: 12, output: 7 }) },
  ] as const)('reads the $of report', ({ of, expected }) => {
    expect(readOpenAiUsage(OPENAI_USAGE[of], OPENAI_USAGE[of].prompt_tokens)).toEqual(expected);
    expect(readOpenAiUsage(OPENAI_USAGE[of], 0)).toEqual(expected);
  });

  it.each([
    null,
    undefined,
    {},
    { prompt_tokens: -1, completion_tokens: 2 },
    { prompt_tokens: 1.5, completion_tokens: 2 },
  ])('returns no usage for %j', (reported) => {
    expect(readOpenAiUsage(reported, 100)).toBeUndefined();
  });

  it('counts every prompt token exactly once, cached or not', () => {
    fc.assert(
      fc.property(tokens, tokens, tokens, tokens, tokens, (prompt, cached, written, completion, reasoning) => {
        fc.pre(cached + written === 0 || prompt > 0);
        const reported = {
          prompt_tokens: prompt,
          completion_tokens: completion,
          total_tokens: prompt + completion,
          prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
          completion_tokens_details: { reasoning_tokens: reasoning },
        };
        const read = readOpenAiUsage(reported, prompt);
        expect(read && inputOf(read)).toBe(prompt);
        expect(read?.output).toBe(completion);
        expect(read?.reasoning).toBeLessThanOrEqual(completion);
        expect(Object.values(read ?? {}).every((count) => count >= 0)).toBe(true);
      }),
    );
  });
});

describe('readOpenAiUsage of servers with other conventions', () => {
  it.each([
    {
      title: 'a total that adds up only with the cached tokens',
      reported: {
        prompt_tokens: 100,
        completion_tokens: 10,
        total_tokens: 1_010,
        prompt_tokens_details: { cached_tokens: 900 },
      },
      localCount: 0,
      expected: usage({ uncachedInput: 100, cacheRead: 900, output: 10 }),
    },
    {
      title: 'more cached tokens than prompt, without a total',
      reported: { prompt_tokens: 100, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 900 } },
      localCount: 0,
      expected: usage({ uncachedInput: 100, cacheRead: 900, output: 10 }),
    },
    {
      title: 'cached tokens outside the prompt, by the local count',
      reported: {
        prompt_tokens: 1_000,
        completion_tokens: 10,
        total_tokens: 1_010,
        prompt_tokens_details: { cached_tokens: 900 },
      },
      localCount: 1_850,
      expected: usage({ uncachedInput: 1_000, cacheRead: 900, output: 10 }),
    },
    {
      title: 'the same report with the cached tokens inside, by the local count',
      reported: {
        prompt_tokens: 1_000,
        completion_tokens: 10,
        total_tokens: 1_010,
        prompt_tokens_details: { cached_tokens: 900 },
      },
      localCount: 1_050,
      expected: usage({ uncachedInput: 100, cacheRead: 900, output: 10 }),
    },
    {
      title: 'cache writes outside a prompt that includes cache reads',
      reported: {
        prompt_tokens: 1_000,
        completion_tokens: 10,
        total_tokens: 1_010,
        prompt_tokens_details: { cached_tokens: 400, cache_write_tokens: 700 },
      },
      localCount: 1_700,
      expected: usage({ uncachedInput: 600, cacheRead: 400, cacheWrite5m: 700, output: 10 }),
    },
    {
      title: 'DeepSeek’s field for a cache read',
      reported: { prompt_tokens: 1_000, completion_tokens: 10, total_tokens: 1_010, prompt_cache_hit_tokens: 900 },
      localCount: 1_000,
      expected: usage({ uncachedInput: 100, cacheRead: 900, output: 10 }),
    },
    {
      title: 'Anthropic’s fields, passed on by a proxy',
      reported: {
        prompt_tokens: 20,
        completion_tokens: 10,
        total_tokens: 30,
        cache_read_input_tokens: 900,
        cache_creation_input_tokens: 80,
      },
      localCount: 1_000,
      expected: usage({ uncachedInput: 20, cacheRead: 900, cacheWrite5m: 80, output: 10 }),
    },
  ])('reads $title', ({ reported, localCount, expected }) => {
    expect(readOpenAiUsage(reported, localCount)).toEqual(expected);
  });
});

describe('readAnthropicUsage', () => {
  it.each([
    { of: 'plain', expected: usage({ uncachedInput: 2_679, output: 510 }) },
    { of: 'cacheWritten', expected: usage({ uncachedInput: 21, cacheWrite5m: 1_430, cacheWrite1h: 456, output: 393 }) },
    { of: 'cacheRead', expected: usage({ uncachedInput: 21, cacheRead: 1_886, output: 393 }) },
    { of: 'unsplit', expected: usage({ uncachedInput: 50, cacheRead: 100, cacheWrite5m: 600, output: 40 }) },
    { of: 'thinking', expected: usage({ uncachedInput: 40, output: 900, reasoning: 700 }) },
  ] as const)('reads the $of stream', ({ of, expected }) => {
    expect(readAnthropicUsage([ANTHROPIC_USAGE[of].start, ANTHROPIC_USAGE[of].end], 0)).toEqual(expected);
  });

  it('reads the prompt’s counts from the start of the stream alone', () => {
    expect(readAnthropicUsage([ANTHROPIC_USAGE.cacheRead.start], 0)).toEqual(
      usage({ uncachedInput: 21, cacheRead: 1_886, output: 2 }),
    );
  });

  it('returns no usage for an empty report', () => {
    expect(readAnthropicUsage([undefined, { output_tokens: 5 }], 0)).toBeUndefined();
  });

  it('adds up: uncached, read and written tokens are the whole prompt', () => {
    fc.assert(
      fc.property(tokens, tokens, tokens, tokens, (input, cacheRead, fiveMinutes, hour) => {
        const total = input + cacheRead + fiveMinutes + hour;
        const reported = {
          input_tokens: input,
          cache_read_input_tokens: cacheRead,
          cache_creation_input_tokens: fiveMinutes + hour,
          cache_creation: { ephemeral_5m_input_tokens: fiveMinutes, ephemeral_1h_input_tokens: hour },
          output_tokens: 1,
        };
        const read = readAnthropicUsage([reported], total);
        expect(read && inputOf(read)).toBe(total);
      }),
    );
  });

  it.each([
    {
      title: 'the prompt at the end only',
      start: { input_tokens: 0, output_tokens: 0 },
      end: { input_tokens: 123, output_tokens: 45 },
    },
    {
      title: 'the prompt at the start and 0 at the end',
      start: { input_tokens: 123, output_tokens: 1 },
      end: { input_tokens: 0, output_tokens: 45 },
    },
    {
      title: 'nulls at the end',
      start: { input_tokens: 123, output_tokens: 1 },
      end: { input_tokens: null, output_tokens: 45 },
    },
  ])('reads a stream that reports $title', ({ start, end }) => {
    expect(readAnthropicUsage([start, end], 120)).toEqual(usage({ uncachedInput: 123, output: 45 }));
  });

  it('detects by the local count an input that includes the cache', () => {
    const reported = { input_tokens: 1_000, cache_read_input_tokens: 900, output_tokens: 5 };
    expect(readAnthropicUsage([reported], 1_050)).toEqual(usage({ uncachedInput: 100, cacheRead: 900, output: 5 }));
    expect(readAnthropicUsage([reported], 1_850)).toEqual(usage({ uncachedInput: 1_000, cacheRead: 900, output: 5 }));
  });

  it('reads no reply length from a stream whose end reports none', () => {
    expect([undefined, null, {}, { output_tokens: null }, { output_tokens: -3 }].map(hasOutputCount)).toEqual(
      Array(5).fill(false),
    );
    expect(hasOutputCount({ output_tokens: 0 })).toBe(true);
  });
});
