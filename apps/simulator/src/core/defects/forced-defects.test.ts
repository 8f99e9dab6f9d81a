import { ArticleOutline, ArticlePart } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import { aBrief, aNotesFence, aPartPrompt, LARKMOOR_NOTES } from '../../../test/fixtures/larkmoor.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { citationsOf, countWords } from '../text/words.ts';
import { writeReply, type WrittenReply } from '../writing/write-reply.ts';
import { NO_DEFECTS } from './defect-rates.ts';
import { REPLY_DEFECTS } from './reply-defects.ts';

const INSTRUCTIONS =
  'You write one part.\n\n- Take figures, names and dates from the notes unchanged; add none of your own.';
const PART = aPartPrompt({
  number: 1,
  heading: 'The barrage',
  words: 170,
  noteIds: LARKMOOR_NOTES.slice(0, 8).map((note) => note.id),
});

const write = (purpose: string, user: string, defect?: string): WrittenReply =>
  writeReply({
    model: 'gpt-6-sol',
    tier: 'T3',
    messages: [
      { role: 'system', text: INSTRUCTIONS },
      { role: 'user', text: user },
    ],
    purpose,
    schema: {},
    seed: 'forced',
    defects: NO_DEFECTS,
    forcedDefects: defect === undefined ? [] : [defect],
  });
const part = (defect?: string): string =>
  ArticlePart.parse(JSON.parse(write('article_part', PART, defect).text)).markdown;

describe('a defect requested by a fault script', () => {
  it.each(REPLY_DEFECTS.map(({ name }) => name))('%s changes a reply, deterministically', (name) => {
    const purpose = name === 'vagueHeadings' ? 'article_outline' : 'article_part';
    const user = name === 'vagueHeadings' ? `${aBrief()}\n${aNotesFence()}` : PART;
    const defective = write(purpose, user, name);
    expect(defective).not.toEqual(write(purpose, user));
    expect(defective).toEqual(write(purpose, user, name));
  });

  it('refusal ends the reply with a short apology', () => {
    const { text, finish } = write('article_part', PART, 'refusal');
    expect(finish).toBe('refusal');
    expect(text).toMatch(/can't|not able/);
  });

  it('truncated cuts the JSON and reports it', () => {
    const { text, finish } = write('article_part', PART, 'truncated');
    expect(finish).toBe('length');
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(write('article_part', PART).text.startsWith(text)).toBe(true);
  });

  it('repeatedText repeats one sentence five times', () => {
    const sentences = splitSentences(part('repeatedText')).map(({ text }) => text);
    const most = Math.max(...sentences.map((sentence) => sentences.filter((other) => other === sentence).length));
    expect(most).toBe(5);
  });

  it('wrongLanguage keeps citations but no English words', () => {
    const markdown = part('wrongLanguage');
    expect(citationsOf(markdown)).toEqual(citationsOf(part()));
    expect(markdown).not.toMatch(/\b(?:the|of|and|was)\b/);
  });

  it('promptLeak quotes the system prompt', () => {
    expect(part('promptLeak')).toContain('Take figures, names and dates from the notes unchanged');
  });

  it('lostDetail states facts without their details', () => {
    expect(part('lostDetail')).not.toBe(part());
    expect(countWords(part('lostDetail'))).toBeGreaterThan(100);
  });

  it('vagueHeadings name no subject of the notes', () => {
    const outline = write('article_outline', `${aBrief()}\n${aNotesFence()}`, 'vagueHeadings').text;
    const { sections } = ArticleOutline.parse(JSON.parse(outline));
    expect(sections.map(({ heading }) => heading)).toEqual(
      ['Overview', 'Key Facts', 'Further Aspects', 'More to Know'].slice(0, sections.length),
    );
  });
});
