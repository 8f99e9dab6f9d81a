import { describe, expect, it } from 'vitest';
import { validatePart } from './validate-part.ts';

describe('validatePart', () => {
  it.each([
    { title: 'a cited text', markdown: 'A fact [1].', sources: [1, 2], problems: 0 },
    { title: 'an uncited text without sources', markdown: 'A fact.', sources: [], problems: 0 },
    { title: 'a text without citations', markdown: 'A fact.', sources: [1], problems: 1 },
    { title: 'a text that cites an unknown source', markdown: 'A fact [1][3].', sources: [1], problems: 1 },
    { title: 'a citation without sources', markdown: 'A fact [1].', sources: [], problems: 0 },
    { title: 'a heading without text', markdown: '## Heading', sources: [1], problems: 1 },
  ])('finds $problems in $title', ({ markdown, sources, problems }) => {
    expect(validatePart(markdown, sources)).toHaveLength(problems);
  });
});
