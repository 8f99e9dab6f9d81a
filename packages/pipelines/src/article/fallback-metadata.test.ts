import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clipWords, fallbackDescription } from './fallback-metadata.ts';

describe('fallbackDescription', () => {
  it('takes the whole sentences that fit, without Markdown and citations', () => {
    expect(fallbackDescription('**Trees** cool streets [1]. They need water. '.concat('Long '.repeat(40)))).toBe(
      'Trees cool streets. They need water.',
    );
  });

  it('cuts a first sentence that is too long between two words', () => {
    const description = fallbackDescription('word '.repeat(80));
    expect(description).toMatch(/^(?:word ){10,}word…$/);
    expect(description.length).toBeLessThanOrEqual(160);
  });
});

describe('clipWords', () => {
  it('never exceeds its limit', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.integer({ min: 5, max: 200 }), (text, limit) => {
        expect(clipWords(text, limit).length).toBeLessThanOrEqual(limit);
      }),
    );
  });
});
