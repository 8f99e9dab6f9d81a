import { describe, expect, it } from 'vitest';
import type { FindingCode } from '../quality/finding.ts';
import { checkStyle } from './check-style.ts';
import { parseStyleGuide } from './parse-style-guide.ts';
import { deriveStyleRules } from './derive-style-rules.ts';

const check = (markdown: string, guide: string, heading = 'The section') =>
  checkStyle({ title: 'A title', parts: [{ part: '1', heading, markdown }] }, parseStyleGuide(guide));

describe('checkStyle', () => {
  it.each<{ guide: string; bad: string; good: string; code: FindingCode; says: string }>([
    {
      guide: 'Say "people", never "users".',
      bad: 'Many users pay late.',
      good: 'Many people pay late, and some reusers too.',
      code: 'STYLE_PHRASE',
      says: 'write "people" instead of "users"',
    },
    {
      guide: 'Avoid "in order to".',
      bad: 'In order to save, they wait.',
      good: 'To save, they wait.',
      code: 'STYLE_PHRASE',
      says: 'do not write "In order to"',
    },
    {
      guide: 'British spelling.',
      bad: 'The color of the center matters.',
      good: 'The colour of the centre matters to World Trade Center staff.',
      code: 'STYLE_SPELLING',
      says: 'write "colour" instead of "color"',
    },
    {
      guide: 'American spelling.',
      bad: 'They organised a grey programme.',
      good: 'They organized a gray program about organisms.',
      code: 'STYLE_SPELLING',
      says: 'write "organized" instead of "organised"',
    },
    {
      guide: 'Sentences of at most 8 words.',
      bad: 'This sentence is several words longer than it may be [1].',
      good: 'This one is short [1]. So is this one.',
      code: 'STYLE_SENTENCE_LENGTH',
      says: 'the sentence has 10 words and may have 8',
    },
    {
      guide: 'No exclamation marks.',
      bad: 'It works!',
      good: 'It works.',
      code: 'STYLE_MARK',
      says: 'no exclamation marks',
    },
    {
      guide: 'No em dashes.',
      bad: 'It works — mostly.',
      good: 'It is well-known.',
      code: 'STYLE_MARK',
      says: 'dashes',
    },
    {
      guide: 'Never write in the first person.',
      bad: 'We think that it works.',
      good: 'It works in the US.',
      code: 'STYLE_PERSON',
      says: 'first person ("We")',
    },
    {
      guide: 'Do not address the reader.',
      bad: 'You save money.',
      good: 'Households save money.',
      code: 'STYLE_PERSON',
      says: 'do not address the reader',
    },
    {
      guide: 'No contractions.',
      bad: "It doesn't work.",
      good: "It does not spoil the city's plan.",
      code: 'STYLE_CONTRACTION',
      says: 'write "does not" instead of "doesn\'t"',
    },
    {
      guide: 'Use the Oxford comma.',
      bad: 'They sell apples, pears and plums.',
      good: 'They sell apples, pears, and plums.',
      code: 'STYLE_SERIAL_COMMA',
      says: 'comma before the last item',
    },
    {
      guide: 'No serial comma.',
      bad: 'They sell apples, pears, and plums.',
      good: 'They sell apples, pears and plums.',
      code: 'STYLE_SERIAL_COMMA',
      says: 'no comma before the last item',
    },
  ])('checks a text against: $guide', ({ guide, bad, good, code, says }) => {
    const { findings } = check(bad, guide);
    expect(findings[0]).toMatchObject({ code, kind: 'style', part: '1', quote: bad });
    expect(findings[0]?.message).toContain(says);
    expect(check(good, guide)).toEqual({ findings: [], share: 1 });
  });

  it('requires the reader to be addressed at least once', () => {
    const guide = 'Address the reader as "you".';
    expect(check('Households save. Your bill falls.', guide).findings).toEqual([]);
    expect(check('Households save.', guide).findings).toMatchObject([{ code: 'STYLE_PERSON', part: '1', quote: '' }]);
  });

  it('does not check quotations', () => {
    expect(check('The mayor said: "Our users love color!"', 'Never say "users". British spelling.').findings).toEqual(
      [],
    );
  });

  it('checks headings and the title', () => {
    const rules = parseStyleGuide('Never say "users". Headings in sentence case.');
    const { findings } = checkStyle(
      { title: 'What users want', parts: [{ part: '1', heading: 'How The New Users Pay', markdown: 'They pay.' }] },
      rules,
    );
    expect(findings.map(({ code, part }) => [code, part])).toEqual([
      ['STYLE_PHRASE', '1'],
      ['STYLE_HEADING_CASE', '1'],
      ['STYLE_PHRASE', 'document'],
    ]);
  });

  it('reports keywords that do not occur in any form', () => {
    const rules = deriveStyleRules({ keywords: ['street trees', 'canopy cover', 'heat'] });
    const document = {
      title: 'Trees',
      parts: [{ part: '1', heading: '', markdown: 'A street with a tree has less heat.' }],
    };
    expect(checkStyle(document, rules).findings.map(({ message }) => message)).toEqual([
      'the keyword "canopy cover" does not occur: work it in where it fits',
    ]);
  });

  it('reports a text that is too hard for children, but not for other audiences', () => {
    const hard =
      'Photosynthetic organisms accumulate considerable quantities of carbohydrates, notwithstanding unfavourable ' +
      'environmental circumstances, because evolutionary adaptation has systematically optimised their metabolic ' +
      'infrastructure. Nevertheless, comprehensive investigations demonstrate substantial regional differentiation, ' +
      'particularly regarding precipitation variability, agricultural intensification, atmospheric composition and ' +
      'the biodiversity of neighbouring ecosystems.';
    const parts = [{ part: '1', heading: '', markdown: hard }];
    const codes = (audience: string) =>
      checkStyle({ title: '', parts }, deriveStyleRules({ audience })).findings.map(({ code }) => code);
    expect(codes('children of ten')).toEqual(['READABILITY_OFF']);
    expect(codes('plant physiologists')).toEqual([]);
  });

  it('does not apply English rules to another language', () => {
    const german = 'Der Baum und das Haus sind nicht von dem Mann, mit dem die Frau auf der Bank saß. Wir gehen.';
    expect(check(german, 'British spelling. No contractions. Never write in the first person.').findings).toEqual([]);
  });

  it('reports another language than the requested one, where it can be recognised', () => {
    const english = 'The tree stands by the house that was built for the man with the dog.';
    const codes = (language: string) =>
      checkStyle(
        { title: '', parts: [{ part: '1', heading: '', markdown: english }] },
        deriveStyleRules({ language }),
      ).findings.map(({ code }) => code);
    expect(codes('de')).toEqual(['LANGUAGE_WRONG']);
    expect(codes('en-GB')).toEqual([]);
    expect(codes('fi')).toEqual([]);
  });

  it('computes the share by rule, not by sentence', () => {
    const { share } = check(
      'Users! Users! Users.',
      'Never say "users". No exclamation marks. British spelling. No emoji.',
    );
    expect(share).toBe(0.5);
  });
});

describe('deriveStyleRules', () => {
  it('derives rules from guide, audience, tone, language and keywords, with precedence for the guide', () => {
    const rules = deriveStyleRules({
      styleGuide: 'American spelling. Reading level: grade 5.',
      audience: 'children',
      tone: 'formal',
      language: 'en-GB',
      keywords: ['heat', 'heat'],
    });
    expect(rules).toEqual([
      { kind: 'spelling', variety: 'american' },
      { kind: 'reading-grade', max: 5 },
      { kind: 'contractions', isWanted: false },
      { kind: 'language', language: 'en-GB' },
      { kind: 'keyword', keyword: 'heat' },
    ]);
  });

  it('derives no rules from an empty input', () => {
    expect(deriveStyleRules({ audience: 'engineers', tone: 'informal' })).toEqual([]);
  });
});
