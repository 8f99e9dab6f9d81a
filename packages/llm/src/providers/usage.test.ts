import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANTHROPIC_USAGE } from './__fixtures__/anthropic-usage.ts';
import { OPENAI_USAGE } from './__fixtures__/openai-usage.ts';
import { readAnthropicUsage } from './anthropic-usage.ts';
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
    expect(readOpenAiUsage(OPENAI_USAGE[of])).toEqual(expected);
  });

  it.each([
    null,
    undefined,
    {},
    { prompt_tokens: -1, completion_tokens: 2 },
    { prompt_tokens: 1.5, completion_tokens: 2 },
  ])('does not make a count out of %j', (reported) => {
    expect(readOpenAiUsage(reported)).toBeUndefined();
  });

  it('counts every prompt token exactly once, whatever is cached', () => {
    fc.assert(
      fc.property(tokens, tokens, tokens, tokens, tokens, (prompt, cached, written, completion, reasoning) => {
        const read = readOpenAiUsage({
          prompt_tokens: prompt,
          completion_tokens: completion,
          total_tokens: prompt + completion,
          prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
          completion_tokens_details: { reasoning_tokens: reasoning },
        });
        expect(read && inputOf(read)).toBe(prompt);
        expect(read?.output).toBe(completion);
        expect(read?.reasoning).toBeLessThanOrEqual(completion);
        expect(Object.values(read ?? {}).every((count) => count >= 0)).toBe(true);
      }),
    );
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
    expect(readAnthropicUsage(ANTHROPIC_USAGE[of].start, ANTHROPIC_USAGE[of].end)).toEqual(expected);
  });

  it('knows the prompt’s part from the start of the stream alone', () => {
    expect(readAnthropicUsage(ANTHROPIC_USAGE.cacheRead.start)).toEqual(
      usage({ uncachedInput: 21, cacheRead: 1_886, output: 2 }),
    );
  });

  it('does not make a count out of nothing', () => {
    expect(readAnthropicUsage(undefined, { output_tokens: 5 })).toBeUndefined();
  });

  it('adds up: plain, read and written are the whole prompt', () => {
    fc.assert(
      fc.property(tokens, tokens, tokens, tokens, (input, cacheRead, fiveMinutes, hour) => {
        const read = readAnthropicUsage({
          input_tokens: input,
          cache_read_input_tokens: cacheRead,
          cache_creation_input_tokens: fiveMinutes + hour,
          cache_creation: { ephemeral_5m_input_tokens: fiveMinutes, ephemeral_1h_input_tokens: hour },
          output_tokens: 1,
        });
        expect(read && inputOf(read)).toBe(input + cacheRead + fiveMinutes + hour);
      }),
    );
  });
});
