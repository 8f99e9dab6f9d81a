import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStyleGuide } from './parse-style-guide.ts';
import type { StyleRule } from './style-rule.ts';

describe('parseStyleGuide', () => {
  it.each<{ guide: string; rules: StyleRule[] }>([
    { guide: 'Never say "users".', rules: [{ kind: 'avoid', phrase: 'users' }] },
    { guide: 'Say "people", never "users".', rules: [{ kind: 'avoid', phrase: 'users', instead: 'people' }] },
    { guide: 'Use “people” instead of “users”.', rules: [{ kind: 'avoid', phrase: 'users', instead: 'people' }] },
    { guide: 'Instead of "users" write "people"', rules: [{ kind: 'avoid', phrase: 'users', instead: 'people' }] },
    { guide: '"users" → "people"', rules: [{ kind: 'avoid', phrase: 'users', instead: 'people' }] },
    { guide: 'Write "per cent", not "%".', rules: [{ kind: 'avoid', phrase: '%', instead: 'per cent' }] },
    {
      guide: "Avoid 'very unique' and 'going forward'.",
      rules: [
        { kind: 'avoid', phrase: 'very unique' },
        { kind: 'avoid', phrase: 'going forward' },
      ],
    },
    {
      guide: '- Banned words: synergy, leverage and world-class',
      rules: [
        { kind: 'avoid', phrase: 'synergy' },
        { kind: 'avoid', phrase: 'leverage' },
        { kind: 'avoid', phrase: 'world-class' },
      ],
    },
    { guide: 'British spelling throughout.', rules: [{ kind: 'spelling', variety: 'british' }] },
    { guide: 'Write in UK English, not American English.', rules: [{ kind: 'spelling', variety: 'british' }] },
    { guide: 'We use US spelling.', rules: [{ kind: 'spelling', variety: 'american' }] },
    { guide: 'Sentences of at most 25 words.', rules: [{ kind: 'sentence-words', max: 25 }] },
    { guide: 'Keep sentences under twenty words', rules: [{ kind: 'sentence-words', max: 19 }] },
    { guide: 'No sentence has more than 30 words.', rules: [{ kind: 'sentence-words', max: 30 }] },
    { guide: 'Maximum sentence length: 22 words', rules: [{ kind: 'sentence-words', max: 22 }] },
    { guide: 'No exclamation marks.', rules: [{ kind: 'mark', mark: '!' }] },
    {
      guide: "Don't use semicolons, em dashes or emojis.",
      rules: [
        { kind: 'mark', mark: ';' },
        { kind: 'mark', mark: '—' },
        { kind: 'mark', mark: 'emoji' },
      ],
    },
    { guide: 'Address the reader as "you".', rules: [{ kind: 'person', person: 'second', isWanted: true }] },
    { guide: 'Use "you".', rules: [{ kind: 'person', person: 'second', isWanted: true }] },
    { guide: 'Do not address the reader.', rules: [{ kind: 'person', person: 'second', isWanted: false }] },
    { guide: 'Never write in the first person.', rules: [{ kind: 'person', person: 'first', isWanted: false }] },
    { guide: 'No contractions.', rules: [{ kind: 'contractions', isWanted: false }] },
    { guide: 'Use the Oxford comma.', rules: [{ kind: 'serial-comma', isWanted: true }] },
    { guide: 'No serial comma', rules: [{ kind: 'serial-comma', isWanted: false }] },
    { guide: 'Headings in sentence case.', rules: [{ kind: 'heading-case', form: 'sentence' }] },
    { guide: 'Reading level: grade 8.', rules: [{ kind: 'reading-grade', max: 8 }] },
  ])('reads "$guide"', ({ guide, rules }) => {
    expect(parseStyleGuide(guide)).toEqual(rules);
  });

  it.each([
    'Sound warm and competent.',
    'Our readers are busy people who trust us.',
    'Write the way a good teacher talks.',
    'Quote people by their full names.',
    'Articles have 800 words.',
    'Explain why it matters.',
    'Use active verbs.',
  ])('derives no rule from "%s"', (guide) => {
    expect(parseStyleGuide(guide)).toEqual([]);
  });

  it('parses a whole guide line by line', () => {
    const guide = `Voice: calm and exact.
- British spelling. No exclamation marks.
- Say "people", never "users"; avoid "utilise".
- Sentences of at most 28 words.`;
    expect(parseStyleGuide(guide).map((rule) => rule.kind)).toEqual([
      'spelling',
      'mark',
      'avoid',
      'avoid',
      'sentence-words',
    ]);
  });

  it('uses the last of two conflicting rules', () => {
    expect(parseStyleGuide('British spelling.\nSentences of at most 20 words.\nAmerican spelling.')).toEqual([
      { kind: 'sentence-words', max: 20 },
      { kind: 'spelling', variety: 'american' },
    ]);
  });

  it('never fails and never returns an empty rule, for any input', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: 'grapheme' }), (guide) => {
        for (const rule of parseStyleGuide(guide)) {
          if (rule.kind === 'avoid') expect(rule.phrase.trim()).not.toBe('');
        }
      }),
    );
  });
});
