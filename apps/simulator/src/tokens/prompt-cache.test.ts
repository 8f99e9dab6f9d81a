import { describe, expect, it } from 'vitest';
import { DEFAULT_MODELS, type SimulatedModel } from '../core/models/model-table.ts';
import { createPromptCache, type CachedPrompt } from './prompt-cache.ts';

const model = (id: string): SimulatedModel => {
  const found = DEFAULT_MODELS.find((candidate) => candidate.id === id);
  if (!found) throw new Error(`no model ${id}`);
  return found;
};
const tokens = (length: number, from = 0): number[] => Array.from({ length }, (_unused, index) => from + index);
const aPrompt = (overrides: Partial<CachedPrompt> = {}): CachedPrompt => ({
  owner: 'key',
  model: model('gpt-4o'),
  tokens: tokens(3_000),
  breakpoints: [],
  implicit: true,
  ...overrides,
});
const anthropic = (overrides: Partial<CachedPrompt> = {}): CachedPrompt =>
  aPrompt({ model: model('claude-sonnet-5'), implicit: false, ...overrides });

describe('createPromptCache', () => {
  it('reads the longest prefix seen before, in steps of 128 tokens from 1,024 on', () => {
    const cache = createPromptCache();
    expect(cache.use(aPrompt(), 0).read).toBe(0);
    // 3,000 = 1,024 + 15 × 128 + 56
    expect(cache.use(aPrompt(), 1).read).toBe(2_944);
    const other = [...tokens(1_500), ...tokens(1_500, 90_000)];
    expect(cache.use(aPrompt({ tokens: other }), 2).read).toBe(1_408);
  });

  it('does not cache a short prompt', () => {
    const cache = createPromptCache();
    cache.use(aPrompt({ tokens: tokens(1_000) }), 0);
    expect(cache.use(aPrompt({ tokens: tokens(1_000) }), 1)).toMatchObject({ read: 0, uncached: 1_000 });
  });

  it.each([
    { title: 'another key', prompt: aPrompt({ owner: 'other' }) },
    { title: 'another model', prompt: aPrompt({ model: model('gpt-4o-mini') }) },
  ])('separates prefixes by $title', ({ prompt }) => {
    const cache = createPromptCache();
    cache.use(aPrompt(), 0);
    expect(cache.use(prompt, 1).read).toBe(0);
  });

  it('expires entries and extends those that are read', () => {
    const cache = createPromptCache();
    cache.use(aPrompt(), 0);
    expect(cache.use(aPrompt(), 200_000).read).toBe(2_944);
    expect(cache.use(aPrompt(), 450_000).read).toBe(2_944);
    expect(cache.use(aPrompt(), 800_000).read).toBe(0);
  });

  it('bills implicit writes only for models that charge for them', () => {
    expect(createPromptCache().use(aPrompt(), 0)).toEqual({ uncached: 3_000, read: 0, write5m: 0, write1h: 0 });
    expect(createPromptCache().use(aPrompt({ model: model('gpt-6-luna') }), 0)).toEqual({
      uncached: 56,
      read: 0,
      write5m: 2_944,
      write1h: 0,
    });
  });

  it('caches only marked prefixes for vendors without automatic caching', () => {
    const cache = createPromptCache();
    expect(cache.use(anthropic(), 0)).toEqual({ uncached: 3_000, read: 0, write5m: 0, write1h: 0 });
    expect(cache.use(anthropic({ breakpoints: [{ atTokens: 2_000, ttl: '5m' }] }), 1)).toEqual({
      uncached: 1_000,
      read: 0,
      write5m: 2_000,
      write1h: 0,
    });
    expect(cache.use(anthropic({ breakpoints: [{ atTokens: 2_000, ttl: '5m' }] }), 2)).toEqual({
      uncached: 1_000,
      read: 2_000,
      write5m: 0,
      write1h: 0,
    });
  });

  it('reads cached prefixes and writes the rest, with the lifetime of each mark', () => {
    const cache = createPromptCache();
    cache.use(anthropic({ breakpoints: [{ atTokens: 1_200, ttl: '1h' }] }), 0);
    const marks = [
      { atTokens: 1_200, ttl: '1h' as const },
      { atTokens: 2_500, ttl: '5m' as const },
    ];
    expect(cache.use(anthropic({ breakpoints: marks }), 1)).toEqual({
      uncached: 500,
      read: 1_200,
      write5m: 1_300,
      write1h: 0,
    });
    expect(createPromptCache().use(anthropic({ breakpoints: marks }), 0)).toEqual({
      uncached: 500,
      read: 0,
      write5m: 1_300,
      write1h: 1_200,
    });
  });

  it("ignores a mark below the model's minimum", () => {
    const prompt = anthropic({ model: model('claude-haiku-4-5'), breakpoints: [{ atTokens: 2_000, ttl: '5m' }] });
    expect(createPromptCache().use(prompt, 0).write5m).toBe(0);
  });
});
