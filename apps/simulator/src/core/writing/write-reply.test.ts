import { fence, type ArticlePart } from '@pressroom/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { aBrief, aNotesFence, aPartPrompt, LARKMOOR_NOTES, LARKMOOR_SOURCES } from '../../../test/fixtures/larkmoor.ts';
import { NO_DEFECTS } from '../defects/defect-rates.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { countWords } from '../text/words.ts';
import { fillSchema, type JsonSchema } from './fill-schema.ts';
import { parsePrompt } from '../prompt/parse-prompt.ts';
import { seededRandom } from '@pressroom/runtime';
import { writeReply, type ReplyRequest } from './write-reply.ts';

const aReplyRequest = (user: string, overrides: Partial<ReplyRequest> = {}): ReplyRequest => ({
  model: 'gpt-6-sol',
  tier: 'T3',
  messages: [{ role: 'user', text: user }],
  purpose: 'article_part',
  schema: {},
  seed: 'test',
  defects: NO_DEFECTS,
  forcedDefects: [],
  ...overrides,
});
const part = (section: Parameters<typeof aPartPrompt>[0], overrides: Partial<ReplyRequest> = {}): string =>
  (JSON.parse(writeReply(aReplyRequest(aPartPrompt(section), overrides)).text) as ArticlePart).markdown;
const ids: string[] = LARKMOOR_NOTES.map((note) => note.id);

describe('writeReply', () => {
  it('returns the same reply for the same request', () => {
    const request = aReplyRequest(aPartPrompt({ number: 1, heading: 'Birds', words: 150, noteIds: ids.slice(0, 8) }));
    expect(writeReply(request)).toEqual(writeReply(request));
  });

  it('returns another reply for another seed', () => {
    const section = { number: 1, heading: 'Birds', words: 260, noteIds: ids.slice(0, 8) };
    expect(new Set(['a', 'b', 'c', 'd'].map((seed) => part(section, { seed }))).size).toBeGreaterThan(1);
  });

  const wordsOfNotes = (noteIds: readonly string[]): number =>
    LARKMOOR_NOTES.filter((note) => noteIds.includes(note.id)).reduce((sum, note) => sum + countWords(note.text), 0);

  it('keeps a part within ten percent of the requested words, even if they exceed its notes by a quarter', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 400 }),
        fc.subarray(ids, { minLength: 5 }),
        fc.string({ minLength: 1, maxLength: 5 }),
        (words, noteIds, seed) => {
          fc.pre(words <= wordsOfNotes(noteIds) * 1.25);
          const written = countWords(part({ number: 1, heading: 'The barrage', words, noteIds }, { seed }));
          return written >= words * 0.9 && written <= words * 1.1;
        },
      ),
      { numRuns: 150 },
    );
  });

  it('writes less instead of repeating itself when there is little material', () => {
    const markdown = part({ number: 1, heading: 'The barrage', words: 400, noteIds: ids.slice(0, 2) });
    expect(countWords(markdown)).toBeLessThan(200);
  });

  it('cites every sentence of a part with a source of its notes', () => {
    const markdown = part({ number: 2, heading: 'Birds', words: 220, noteIds: ids.slice(10, 20) });
    const sources = new Set<number>(LARKMOOR_NOTES.slice(10, 20).flatMap((note) => note.sources));
    for (const { text } of splitSentences(markdown)) {
      const cited = [...text.matchAll(/\[(\d+)\]/g)].map((match) => Number(match[1]));
      expect({ text, cites: cited.length > 0 && cited.every((source) => sources.has(source)) }).toEqual({
        text,
        cites: true,
      });
    }
  });

  it('repeats nothing in one part', () => {
    const sentences = splitSentences(part({ number: 1, heading: 'Birds', words: 300, noteIds: ids.slice(0, 6) })).map(
      ({ text }) => text,
    );
    expect(new Set(sentences).size).toBe(sentences.length);
  });

  it('breaks prose into paragraphs of at most four sentences', () => {
    const markdown = part({ number: 1, heading: 'Birds', words: 320, noteIds: ids.slice(0, 14) });
    for (const paragraph of markdown.split('\n\n')) expect(splitSentences(paragraph).length).toBeLessThanOrEqual(4);
  });

  it('opens a lead with what the topic is', () => {
    expect(part({ number: 'lead', heading: '', words: 80, noteIds: [] })).toMatch(
      /^The Larkmoor Barrage is a tidal power station/,
    );
  });

  it('summarises user text without fences', () => {
    const { text } = writeReply(
      aReplyRequest(`Summarise this in 60 words.\n\n${LARKMOOR_SOURCES[1].text}`, {
        purpose: 'text',
        schema: undefined,
      }),
    );
    expect(countWords(text)).toBeGreaterThan(40);
    expect(LARKMOOR_SOURCES[1].text).toContain(
      text
        .split(/(?<=\.)\s/)[0]
        ?.replace(/^[^,]*, /, '')
        .slice(5, 40),
    );
  });

  it('states that it is a simulator when there is no material', () => {
    expect(writeReply(aReplyRequest('Hello!', { purpose: 'text', schema: undefined })).text).toContain('simulator');
  });

  it('accepts a missing topic, section or notes', () => {
    const purposes = [
      'research_questions',
      'source_summary',
      'research_notes',
      'article_outline',
      'article_part',
      'article_critique',
      'article_patch',
      'article_metadata',
    ];
    for (const purpose of purposes) {
      for (const user of ['', 'Write.', aBrief(), aNotesFence(), fence('section', '', { number: 1 })]) {
        expect(() => JSON.parse(writeReply(aReplyRequest(user, { purpose })).text) as unknown).not.toThrow();
      }
    }
  });
});

describe('fillSchema', () => {
  const fill = (
    schema: z.ZodType,
    user = aBrief() + '\n' + fence('source', LARKMOOR_SOURCES[0].text, { id: 1, title: 'T' }),
  ): unknown =>
    fillSchema(z.toJSONSchema(schema) as JsonSchema, {
      prompt: parsePrompt([{ role: 'user', text: user }]),
      random: seededRandom(1),
    });

  const Node: z.ZodType = z.lazy(() => z.object({ label: z.string(), next: z.union([z.null(), Node]) }));
  it.each([
    {
      title: 'nested objects and bounded lists',
      schema: z.strictObject({ a: z.strictObject({ b: z.array(z.string()).min(2).max(4) }), n: z.int().min(3).max(5) }),
    },
    {
      title: 'enums, literals, unions and nulls',
      schema: z.strictObject({
        k: z.enum(['x', 'y']),
        l: z.literal(7),
        u: z.union([z.string(), z.number()]),
        m: z.nullable(z.string()),
      }),
    },
    {
      title: 'bounded strings and numbers',
      schema: z.strictObject({ s: z.string().min(400).max(500), t: z.string().max(12), f: z.number().min(0).max(1) }),
    },
    { title: 'recursive schemas', schema: z.strictObject({ root: Node }) },
    {
      title: 'dates, addresses and identifiers',
      schema: z.strictObject({ d: z.iso.date(), t: z.iso.datetime(), u: z.uuid(), e: z.email() }),
    },
  ])('satisfies $title', ({ schema }) => {
    expect(schema.safeParse(fill(schema)).error).toBeUndefined();
  });

  it('chooses the option mentioned in the text', () => {
    const schema = z.strictObject({ category: z.enum(['sports', 'tidal_power', 'cooking']) });
    expect(fill(schema)).toEqual({ category: 'tidal_power' });
  });

  it('writes different headlines', () => {
    const { headlines } = fill(z.strictObject({ headlines: z.array(z.string()).min(3).max(3) })) as {
      headlines: string[];
    };
    expect(new Set(headlines).size).toBe(3);
  });
});
