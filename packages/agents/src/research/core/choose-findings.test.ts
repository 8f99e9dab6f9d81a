import { describe, expect, it } from 'vitest';
import { chooseFindings, type Finding } from './choose-findings.ts';

const found = (lookup: string, rank: number, source: Partial<Finding['source']>): Finding => ({
  lookup,
  tool: lookup.split('/')[0] ?? '',
  rank,
  foundAtMs: 0,
  source: { title: '', ...source },
});
const chosen = (findings: Finding[], given: string[] = [], most = 10): string[] =>
  chooseFindings(findings, given, most).map(({ lookup, rank }) => `${lookup} ${rank}`);

describe('chooseFindings', () => {
  it('chooses the best of every lookup before the second of any', () => {
    const findings = [
      found('a/q1', 1, { text: '1' }),
      found('a/q1', 2, { text: '2' }),
      found('b/q1', 1, { text: '3' }),
      found('b/q1', 2, { text: '4' }),
    ];
    expect(chosen(findings, [], 3)).toEqual(['a/q1 1', 'b/q1 1', 'a/q1 2']);
  });

  it('chooses no duplicates, for any spelling of a URL', () => {
    const findings = [
      found('a/q1', 1, { url: 'https://www.example.org/trees/' }),
      found('b/q1', 1, { url: 'http://EXAMPLE.org/trees#top', text: 'The trees.' }),
      found('b/q2', 1, { text: 'The  trees.' }),
      found('c/q1', 1, { text: 'The trees.' }),
    ];
    expect(chosen(findings)).toEqual(['a/q1 1', 'b/q2 1']);
  });

  it('chooses no source that the user has given', () => {
    const findings = [found('a/q1', 1, { url: 'https://example.org/a' }), found('a/q1', 2, { text: 'Mine.' })];
    expect(chosen(findings, ['https://example.org/a', 'Mine.\n'])).toEqual([]);
  });
});
