import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateTokens, splitChunks } from './split-chunks.ts';

describe('splitChunks', () => {
  it('keeps a text that fits whole', () => {
    expect(splitChunks('One paragraph.\n\nAnother.')).toEqual(['One paragraph.\n\nAnother.']);
  });

  it('cuts between paragraphs where it can', () => {
    const paragraphs = Array.from({ length: 6 }, (_, index) => `Paragraph ${index} ${'word '.repeat(30)}`.trim());
    const chunks = splitChunks(paragraphs.join('\n\n'), 100);
    expect(chunks.length).toBeGreaterThan(1);
    for (const chunk of chunks) expect(chunk).toMatch(/^Paragraph \d.*word$/s);
  });

  it('loses nothing but blanks, and no chunk is too large', () => {
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
