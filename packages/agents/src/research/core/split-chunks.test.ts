import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideChunkTokens, estimateTokens, splitChunks } from './split-chunks.ts';

describe('splitChunks', () => {
  it('does not split a text that fits', () => {
    expect(splitChunks('One paragraph.\n\nAnother.')).toEqual(['One paragraph.\n\nAnother.']);
  });

  it('cuts between paragraphs where possible', () => {
    const paragraphs = Array.from({ length: 6 }, (_, index) => `Paragraph ${index} ${'word '.repeat(30)}`.trim());
    const chunks = splitChunks(paragraphs.join('\n\n'), 100);
    expect(chunks.length).toBeGreaterThan(1);
    for (const chunk of chunks) expect(chunk).toMatch(/^Paragraph \d.*word$/s);
  });

  it('removes only blanks, and no chunk is too large', () => {
    const piece = fc.constantFrom('word', ' ', '. ', '\n\n', 'Straße', '京都', '😀', 'x'.repeat(40));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), fc.integer({ min: 10, max: 100 }), (pieces, maxTokens) => {
        const text = pieces.join('');
        const chunks = splitChunks(text, maxTokens);
        expect(chunks.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
        for (const chunk of chunks) expect(estimateTokens(chunk)).toBeLessThanOrEqual(maxTokens);
      }),
    );
  });
});

describe('decideChunkTokens', () => {
  it.each([
    { title: 'one source for a whole article', totalTokens: 8_000, targetWords: 800, expected: 2_000 },
    { title: 'a short source, into chunks of the minimum size', totalTokens: 2_000, targetWords: 800, expected: 1_000 },
    { title: 'many sources, into chunks of the maximum size', totalTokens: 90_000, targetWords: 800, expected: 6_000 },
    { title: 'a source for a short article, into one chunk', totalTokens: 5_000, targetWords: 200, expected: 5_000 },
  ])('cuts $title', ({ totalTokens, targetWords, expected }) => {
    expect(decideChunkTokens(totalTokens, targetWords)).toBe(expected);
  });
});
