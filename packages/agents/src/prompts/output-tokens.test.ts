import { describe, expect, it } from 'vitest';
import { treeInput } from '../../test/support/tree-article.ts';
import { outputTokens } from './output-tokens.ts';

describe('outputTokens', () => {
  it('leaves room for a part half as long again as asked for', () => {
    expect(outputTokens(200, treeInput)).toBeGreaterThan(200 * 1.5 * 1.6);
    expect(outputTokens(200, treeInput)).toBeLessThan(200 * 4);
  });

  it('gives other languages more', () => {
    expect(outputTokens(200, { ...treeInput, language: 'de' })).toBeGreaterThan(outputTokens(200, treeInput));
  });

  it('is capped', () => {
    expect(outputTokens(1_000_000, treeInput)).toBe(16_000);
  });
});
