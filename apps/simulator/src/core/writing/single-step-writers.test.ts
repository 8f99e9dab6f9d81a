import {
  Classification,
  ContentBrief,
  DocumentSummary,
  fence,
  HeadlineVariants,
  RewrittenText,
} from '@pressroom/contracts';
import { seededRandom } from '@pressroom/runtime';
import { describe, expect, it } from 'vitest';
import { z, type ZodType } from 'zod';
import {
  aBrief,
  aNotesFence,
  LARKMOOR_NOTES,
  LARKMOOR_SOURCES,
  LARKMOOR_TOPIC,
} from '../../../test/fixtures/larkmoor.ts';
import { parsePrompt } from '../prompt/parse-prompt.ts';
import { countWords, numbersOf } from '../text/words.ts';
import type { JsonSchema } from './fill-schema.ts';
import { recogniseSchema, writerFor } from './writers.ts';

function write<T>(purpose: string, schema: ZodType<T>, user: string, seed = 1): T {
  return schema.parse(
    writerFor(purpose)?.({ prompt: parsePrompt([{ role: 'user', text: user }]), random: seededRandom(seed) }),
  );
}
const [history] = LARKMOOR_SOURCES;
const source = (text: string, id = 1): string => fence('source', text, { id, title: 'T' });

describe('content_brief', () => {
  const brief = write('content_brief', ContentBrief, `${aBrief({ words: 800, sections: 4 })}\n${aNotesFence()}`);

  it('has the requested sections and uses only existing notes', () => {
    expect(brief.sections).toHaveLength(4);
    const known = new Set(LARKMOOR_NOTES.map(({ id }) => id));
    expect(brief.sections.flatMap(({ noteIds }) => noteIds).filter((id) => !known.has(id))).toEqual([]);
    expect(brief.angle).not.toBe('');
  });

  it('starts its search terms with the keywords of the brief', () => {
    const brief = fence('brief', 'Keywords: tidal power, sluice', { topic: LARKMOOR_TOPIC, sections: 3 });
    expect(write('content_brief', ContentBrief, `${brief}\n${aNotesFence()}`).searchTerms.slice(0, 2)).toEqual([
      'tidal power',
      'sluice',
    ]);
  });
});

describe('document_summary', () => {
  it.each([60, 120, 200])('has %i words, cites its sources and lists the requested points', (words) => {
    const user = [
      fence('brief', '', { words, points: 4 }),
      ...LARKMOOR_SOURCES.map((each) => fence('source', each.text, { id: each.id, title: each.title })),
    ].join('\n');
    const summary = write('document_summary', DocumentSummary, user);
    expect(Math.abs(countWords(summary.markdown) - words)).toBeLessThanOrEqual(words * 0.15);
    expect(summary.markdown).toMatch(/\[[123]\]/);
    expect(summary.keyPoints).toHaveLength(4);
    expect(summary.keyPoints.every(({ sources }) => sources.length > 0)).toBe(true);
  });
});

describe('rewritten_text', () => {
  it('preserves every figure of the text and its headings', () => {
    const { markdown } = write('rewritten_text', RewrittenText, `${fence('brief', '', {})}\n${source(history.text)}`);
    expect([...numbersOf(history.text)].filter((figure) => !numbersOf(markdown).has(figure))).toEqual([]);
    expect(markdown).toContain('# Operation');
  });

  it('has a title for the first piece only', () => {
    const title = (piece: string) =>
      write(
        'rewritten_text',
        RewrittenText,
        `${fence('brief', '', { topic: 'Gates', piece })}\n${source(history.text)}`,
      ).title;
    expect([title('1 of 2'), title('2 of 2')]).toEqual(['Gates', '']);
  });

  it('repairs the listed defects of the given text', () => {
    const user = [
      fence('brief', '', {}),
      source('Users pay 12 crowns. The gate opens at 9.'),
      fence('article', '[part 1] ## \nUsers pay 12 crowns! Some 40 people work there.'),
      fence(
        'defects',
        [
          'style | 1 | "Users pay 12 crowns!" | write "people" instead of "users".',
          'style | 1 | "Users pay 12 crowns!" | no exclamation marks',
          'wrong_fact | 1 | "" | the original does not state 40',
          'wrong_fact | 1 | "" | the text no longer states 9',
        ].join('\n'),
      ),
    ].join('\n');
    expect(write('rewritten_text', RewrittenText, user).markdown).toBe('People pay 12 crowns. The gate opens at 9.');
  });
});

describe('headline_variants', () => {
  const headlines = (attributes: Record<string, string | number>, body = '', seed = 1) =>
    write('headline_variants', HeadlineVariants, `${fence('brief', body, attributes)}\n${source(history.text)}`, seed)
      .headlines;

  it('writes the requested number, distinct and within their length', () => {
    const made = headlines({ topic: LARKMOOR_TOPIC, headlines: 20, characters: 60 });
    expect(new Set(made.map(({ text }) => text)).size).toBe(20);
    expect(Math.max(...made.map(({ text }) => text.length))).toBeLessThanOrEqual(60);
  });

  it('uses the angles of the brief', () => {
    const made = headlines({ topic: LARKMOOR_TOPIC, headlines: 3 }, 'Angles: people; money');
    expect(made.map(({ angle }) => angle)).toEqual(['people', 'money', 'people']);
  });
});

describe('classification', () => {
  const classify = (text: string, labels: 'one' | 'any' = 'one') =>
    write(
      'classification',
      Classification,
      [
        fence('brief', '', { labels }),
        fence('reference', '- Engineering: gates, turbines, winches\n- Nature: birds, fish, salmon\n- Money', {
          title: 'labels',
        }),
        source(text),
      ].join('\n'),
    ).labels;

  it('decides by the words of name and description, and quotes the text', () => {
    const [label] = classify('The town is old. Salmon and birds suffer from it.');
    expect(label).toMatchObject({ name: 'Nature', quote: 'Salmon and birds suffer from it.' });
    expect(label?.confidence).toBeGreaterThan(0.6);
  });

  it('has low confidence when no label matches, and returns several when several apply', () => {
    expect(classify('Nothing of note.')[0]?.confidence).toBeLessThan(0.5);
    expect(classify('The turbines and gates kill salmon and birds.', 'any')).toHaveLength(2);
  });
});

describe('recogniseSchema', () => {
  it.each([
    ['content_brief', ContentBrief],
    ['document_summary', DocumentSummary],
    ['rewritten_text', RewrittenText],
    ['headline_variants', HeadlineVariants],
    ['classification', Classification],
  ] as const)('recognises %s by its properties when the protocol has no name', (name, schema) => {
    expect(recogniseSchema(undefined, z.toJSONSchema(schema) as JsonSchema)).toBe(name);
  });
});
