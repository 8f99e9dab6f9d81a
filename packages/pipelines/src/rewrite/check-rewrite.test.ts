import type { RewriteInput } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import { assembleRewrite } from './assemble-rewrite.ts';
import { checkRewrite } from './check-rewrite.ts';

const TEXT =
  'The Selwyn Water Board replaces 14 pumps at the harbour on 8 June. It costs 2,400 crowns. The old pumps were loud.';
const input: RewriteInput = { text: TEXT, audience: 'children', language: 'en' };
const codes = (markdown: string, given: Partial<RewriteInput> = {}) =>
  checkRewrite({ ...input, ...given }, { title: '', markdown }).map(({ code }) => code);

describe('checkRewrite', () => {
  it('reports no finding for a text that keeps every fact', () => {
    expect(codes(TEXT)).toEqual([]);
  });

  it.each([
    { title: 'an empty text', markdown: ' ', given: {}, code: 'PART_EMPTY' },
    { title: 'a lost figure', markdown: TEXT.replace('14 ', ''), given: {}, code: 'FACT_LOST' },
    { title: 'an invented figure', markdown: `${TEXT} It takes 3 days.`, given: {}, code: 'FACT_UNSUPPORTED' },
    { title: 'the wrong length', markdown: TEXT, given: { targetWords: 60 }, code: 'WORD_COUNT_OFF' },
    { title: 'a style violation', markdown: TEXT, given: { styleGuide: 'American spelling.' }, code: 'STYLE_SPELLING' },
    {
      title: 'another language',
      markdown: `${TEXT} It is the work of the board and of the town.`,
      given: { language: 'de' },
      code: 'LANGUAGE_WRONG',
    },
  ])('finds $title', ({ markdown, given, code }) => {
    expect(codes(markdown, given)).toContain(code);
  });

  it('lets a much shorter text omit facts, but never add any', () => {
    const given = { targetWords: 8 };
    expect(codes('The Selwyn Water Board replaces pumps in June.', given)).toEqual([]);
    expect(codes('The Selwyn Water Board replaces 15 pumps now.', given)).toEqual(['FACT_UNSUPPORTED']);
  });

  it('allows facts of the instructions', () => {
    const given = { instructions: 'Say that 30 people help.' };
    expect(codes(`${TEXT} Some 30 people help.`, given)).toEqual([]);
  });
});

describe('assembleRewrite', () => {
  const assemble = (markdown: string, given: Partial<RewriteInput> = {}) =>
    assembleRewrite({ ...input, ...given }, { rewrite: { title: 'Pumps', markdown, rounds: 1 } });

  it('contains the text under its title, with the comparison of facts', () => {
    const { document, limitations } = assemble(TEXT);
    expect(limitations).toEqual([]);
    expect(document).toMatchObject({
      title: 'Pumps',
      markdown: `# Pumps\n\n${TEXT}\n`,
      metaDescription: TEXT,
      quality: { score: null, rounds: 1 },
      data: { text: TEXT, originalWords: 22, words: 22, facts: { missing: [], invented: [] } },
    });
  });

  it('reports the changed facts', () => {
    const { document, limitations } = assemble(TEXT.replace('14', '15'));
    expect(document?.data?.facts).toMatchObject({ missing: ['14'], invented: ['15'] });
    expect(limitations.map(({ code, message }) => [code, message])).toEqual([
      ['FACTS_CHANGED', 'The text no longer states 14.'],
      ['FACTS_CHANGED', 'The text states 15, which the original does not.'],
    ]);
  });
});
