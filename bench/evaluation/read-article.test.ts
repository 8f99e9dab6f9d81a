import { describe, expect, it } from 'vitest';
import { readArticle } from './read-article.ts';

const FILE =
  'Mount_Example\n\nThe first words [1].\n\n# Geology\n\nOld rock.[2] Older rock.\n\n## Layers ##\n\nThree.\n\n# References\n\n[1] An author.\n';

describe('readArticle', () => {
  it('separates title, headings and prose, without marks that look like citations', () => {
    const { title, headings, text } = readArticle(FILE);
    expect(title).toBe('Mount Example');
    expect(headings).toEqual(['Geology', 'Layers ##']);
    expect(text).toBe('The first words.\n\nOld rock. Older rock.\n\nThree.');
  });
});
