import { describe, expect, it } from 'vitest';
import { isAnaphoric, isWhole, lowerFirst, shortenSentence, tidySentence } from './condense.ts';

describe('tidySentence', () => {
  it.each([
    { given: 'However, the gates were closed [12].', expected: 'The gates were closed.' },
    { given: 'The plan was dropped[3][4] in 1923', expected: 'The plan was dropped in 1923.' },
    { given: 'She called it “a clean machine”.', expected: 'She called it “a clean machine”.' },
    { given: 'No dates were engraved. .', expected: 'No dates were engraved.' },
  ])('turns "$given" into "$expected"', ({ given, expected }) => {
    expect(tidySentence(given)).toBe(expected);
  });
});

describe('shortenSentence', () => {
  it('returns the sentence first and then only shorter wordings', () => {
    const sentence =
      'The barrage (built in 1968) was opened by the mayor, who had paid for it, while thousands of people watched from the bank.';
    const variants = shortenSentence(sentence);
    expect(variants[0]).toBe(sentence);
    expect(variants.length).toBeGreaterThan(1);
    for (const [index, variant] of variants.entries())
      if (index > 0) expect(variant.length).toBeLessThan(variants[index - 1]?.length ?? 0);
  });

  it('uses only words of the sentence', () => {
    const sentence =
      'Construction began in March 1962, which was late, and took six years; the cost had doubled by then.';
    const own = new Set(sentence.toLowerCase().match(/[a-z0-9]+/g));
    for (const variant of shortenSentence(sentence))
      for (const word of variant.toLowerCase().match(/[a-z0-9]+/g) ?? []) expect(own).toContain(word);
  });

  it('never ends a wording with a word that needs a complement', () => {
    expect(
      shortenSentence('Two ropes are clipped into each point, which is known as twin roping, which are lighter.').every(
        isWhole,
      ),
    ).toBe(true);
  });
});

describe('isAnaphoric', () => {
  it.each([
    'It was opened in 1968.',
    'By the end of that day, the gates were shut.',
    'While it rained, they left.',
    'Due to this, homes were lost.',
  ])('detects that "%s" depends on the sentence before it', (sentence) => {
    expect(isAnaphoric(sentence)).toBe(true);
  });

  it.each(['The barrage was opened in 1968.', 'In 1968 the barrage was opened.', 'Mary Okafor led the trust.'])(
    'lets "%s" stand alone',
    (sentence) => {
      expect(isAnaphoric(sentence)).toBe(false);
    },
  );
});

describe('lowerFirst', () => {
  it('lower-cases function words and keeps names', () => {
    expect([lowerFirst('The gates close.'), lowerFirst('Mary left.')]).toEqual(['the gates close.', 'Mary left.']);
  });
});
