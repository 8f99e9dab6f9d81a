import type { HeadlinesInput } from '@pressroom/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleHeadlines } from './assemble-headlines.ts';
import { checkHeadlines, countCharacters } from './check-headlines.ts';

const input: HeadlinesInput = {
  topic: 'Street trees',
  text: 'Trees cool a street by 3.1 degrees, a survey of 48 streets shows.',
  count: 3,
  maxCharacters: 45,
};
const check = (texts: string[], given: Partial<HeadlinesInput> = {}) => {
  const { usable, findings } = checkHeadlines(
    { ...input, ...given },
    texts.map((text) => ({ text, angle: ' an  angle ' })),
  );
  return { texts: usable.map(({ text }) => text), codes: findings.map(({ code }) => code), usable, findings };
};

describe('checkHeadlines', () => {
  it('returns distinct headlines, tidied, at most the requested number', () => {
    expect(check(['“Shade pays.”', '2. **Cool** streets', 'What 48 streets\n showed', 'A fourth one'])).toMatchObject({
      texts: ['Shade pays', 'Cool streets', 'What 48 streets showed'],
      codes: [],
      usable: [{ angle: 'an angle' }, {}, {}],
    });
  });

  it.each([
    {
      title: 'one that is too long',
      text: 'A headline that is rather longer than it may be',
      code: 'VARIANT_TOO_LONG',
    },
    { title: 'a repetition', text: 'SHADE, PAYS', code: 'VARIANT_REPEATED' },
    { title: 'a figure that was not given', text: 'Trees cool by 9 degrees', code: 'FACT_UNSUPPORTED' },
    { title: 'a style violation', text: 'Shocking: trees help', code: 'STYLE_PHRASE' },
  ])('removes $title and reports the missing headlines', ({ text, code }) => {
    const { texts, findings } = check(['Shade pays', text, 'Cool streets'], { styleGuide: 'Never say "shocking".' });
    expect(texts).toEqual(['Shade pays', 'Cool streets']);
    expect(findings[0]).toMatchObject({ code, quote: text });
    expect(findings.at(-1)).toMatchObject({ code: 'VARIANTS_MISSING', message: '2 of 3 headlines can be used' });
  });

  it('treats headlines that differ only in a figure as distinct', () => {
    expect(check(['Trees cool streets by 3.1 degrees', 'Trees cool 48 streets by degrees']).texts).toHaveLength(2);
  });

  it('never accepts a headline that is too long or repeated, for any input', () => {
    const headline = fc.oneof(
      fc.string({ maxLength: 90, unit: 'grapheme' }),
      fc.constantFrom('Shade pays', 'shade pays!', 'Shade — pays'),
    );
    fc.assert(
      fc.property(fc.array(headline, { maxLength: 12 }), fc.integer({ min: 1, max: 20 }), (texts, count) => {
        const { usable } = checkHeadlines(
          { topic: 'x', count, maxCharacters: 40 },
          texts.map((text) => ({ text, angle: '' })),
        );
        expect(usable.length).toBeLessThanOrEqual(count);
        expect(usable.every(({ text }) => text !== '' && countCharacters(text) <= 40)).toBe(true);
        expect(new Set(usable.map(({ text }) => text.toLowerCase())).size).toBe(usable.length);
      }),
    );
  });
});

describe('assembleHeadlines', () => {
  it('lists headlines with their angles and escapes their Markdown', () => {
    const headlines = [{ text: 'Shade *pays* [1]', angle: '<b>money</b>' }];
    const { document, limitations } = assembleHeadlines(input, { headlines: { headlines, rounds: 0 } });
    expect(document?.lead).toBe('- **Shade \\*pays\\* \\[1\\]** — \\<b\\>money\\</b\\>');
    expect(document?.data).toMatchObject({ headlines: [{ text: 'Shade *pays* [1]', characters: 16 }], count: 3 });
    expect(limitations).toMatchObject([{ code: 'VARIANTS_MISSING', message: '1 of 3 headlines were written.' }]);
  });
});
