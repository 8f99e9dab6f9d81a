import {
  ArticleCritique,
  ArticleMetadata,
  ArticleOutline,
  ArticlePart,
  ArticlePatch,
  fence,
  ResearchNotes,
  ResearchQuestions,
  SourceSummary,
} from '@pressroom/contracts';
import { seededRandom } from '@pressroom/runtime';
import { describe, expect, it } from 'vitest';
import { z, type ZodType } from 'zod';
import { aBrief, aNotesFence, LARKMOOR_NOTES, LARKMOOR_SOURCES } from '../../../test/fixtures/larkmoor.ts';
import { parsePrompt } from '../prompt/parse-prompt.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { countWords } from '../text/words.ts';
import type { JsonSchema } from './fill-schema.ts';
import { recogniseSchema, writerFor } from './writers.ts';

function write<T>(purpose: string, schema: ZodType<T>, user: string, seed = 1): T {
  return schema.parse(
    writerFor(purpose)?.({ prompt: parsePrompt([{ role: 'user', text: user }]), random: seededRandom(seed) }),
  );
}
const [history] = LARKMOOR_SOURCES;
const aSource = (source: (typeof LARKMOOR_SOURCES)[number]): string =>
  fence('source', source.text, { id: source.id, title: source.title });

describe('research_questions', () => {
  it('writes four to six questions about the topic', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { questions } = write('research_questions', ResearchQuestions, aBrief(), seed);
      expect(questions.length).toBeGreaterThanOrEqual(4);
      expect(questions.length).toBeLessThanOrEqual(6);
      for (const question of questions) expect(question).toMatch(/Larkmoor Barrage.*\?$/);
    }
  });

  it('starts with the topic if it is a question', () => {
    expect(write('research_questions', ResearchQuestions, aBrief({ topic: 'Why do tides rise?' })).questions[0]).toBe(
      'Why do tides rise?',
    );
  });
});

describe('source_summary', () => {
  const summary = write('source_summary', SourceSummary, `${aBrief()}\n${aSource(history)}`);

  it('returns four to twelve points', () => {
    expect(summary.points.length).toBeGreaterThanOrEqual(4);
    expect(summary.points.length).toBeLessThanOrEqual(12);
  });

  it('quotes the source exactly', () => {
    for (const { quote } of summary.points) expect(history.text).toContain(quote);
  });

  it('marks an unrelated source as irrelevant', () => {
    const user = `${aBrief({ topic: 'Medieval falconry in Burgundy' })}\n${aSource(history)}`;
    expect(write('source_summary', SourceSummary, user).relevant).toBe(false);
  });
});

describe('research_notes', () => {
  const points = (id: number, ...lines: string[]): string => fence('source', lines.join('\n'), { id, title: `S${id}` });

  it('merges statements of two sources and cites both', () => {
    const { notes } = write(
      'research_notes',
      ResearchNotes,
      [
        points(1, 'The barrage was opened on 9 May 1968 before a crowd.', 'Each gate weighs 210 tonnes.'),
        points(2, '- The barrage was opened on 9 May 1968.'),
      ].join('\n'),
    );
    expect(notes.map((note) => note.sources)).toEqual([[1, 2], [1]]);
    expect(notes.map((note) => note.id)).toEqual(['n1', 'n2']);
  });

  it('reports figures that contradict each other instead of merging them', () => {
    const { notes, contradictions } = write(
      'research_notes',
      ResearchNotes,
      [
        points(1, 'The barrage delivers up to 86 megawatts of power.'),
        points(2, 'The barrage delivers up to 91 megawatts of power.'),
      ].join('\n'),
    );
    expect(notes).toHaveLength(2);
    expect(contradictions).toHaveLength(1);
  });

  it('lists the unanswered questions', () => {
    const user = [
      fence('questions', 'Which lighthouse keepers signed the petition?\nHow much does a gate weigh in tonnes?'),
      points(1, 'Each gate weighs 210 tonnes.'),
    ].join('\n');
    expect(write('research_notes', ResearchNotes, user).gaps).toEqual([
      'Which lighthouse keepers signed the petition?',
    ]);
  });
});

describe('article_outline', () => {
  const outline = write('article_outline', ArticleOutline, `${aBrief({ words: 800, sections: 4 })}\n${aNotesFence()}`);

  it('has the requested sections, each with a different heading', () => {
    expect(outline.sections).toHaveLength(4);
    expect(new Set(outline.sections.map((section) => section.heading)).size).toBe(4);
  });

  it('uses every note exactly once', () => {
    const used = outline.sections.flatMap((section) => section.noteIds);
    expect([...used].sort()).toEqual(LARKMOOR_NOTES.map((note) => note.id).sort());
  });

  it('divides the words minus a lead of a tenth', () => {
    expect(outline.sections.reduce((sum, section) => sum + section.words, 0)).toBe(720);
  });

  it('accepts fewer notes than sections', () => {
    const user = `${aBrief({ sections: 6 })}\n${aNotesFence(LARKMOOR_NOTES.slice(0, 2))}`;
    expect(write('article_outline', ArticleOutline, user).sections).toHaveLength(6);
  });
});

const GOOD = 'Each gate weighs 210 tonnes and is moved by two electric winches [1].';
const article = (...sentences: string[]): string =>
  fence(
    'article',
    `[part lead]\nThe Larkmoor Barrage is a tidal power station [1].\n\n[part 1] ## Gates\n${sentences.join(' ')}`,
  );

describe('article_critique', () => {
  const critique = (...sentences: string[]): ArticleCritique =>
    write('article_critique', ArticleCritique, `${aBrief()}\n${aNotesFence()}\n${article(...sentences)}`);

  it.each([
    {
      kind: 'unsupported',
      sentence: 'Astronauts have praised the cheese festival that pelicans organise every Thursday [1].',
    },
    {
      kind: 'wrong_fact',
      sentence: 'The turbines together deliver up to 99 megawatts, enough for roughly 70,000 households [1].',
    },
    {
      kind: 'missing_citation',
      sentence: 'Divers inspect the concrete sills twice a year, when the gates are lifted for cleaning.',
    },
    {
      kind: 'wrong_citation',
      sentence: 'Divers inspect the concrete sills twice a year, when the gates are lifted for cleaning [3].',
    },
    { kind: 'repetition', sentence: GOOD },
  ])('finds a planted defect of kind $kind and quotes it', ({ kind, sentence }) => {
    expect(critique(GOOD, sentence).defects).toEqual([expect.objectContaining({ kind, part: '1', quote: sentence })]);
  });

  it('finds no defect in sentences supported by the notes', () => {
    expect(
      critique(GOOD, 'The Selwyn Water Board repaid the last of its construction loans in 2008 [3].').defects,
    ).toEqual([]);
  });

  it('finds an off-topic paragraph', () => {
    const stray = 'Penguins waddle across frozen lakes [1]. Chefs recommend saffron with pasta [1].';
    expect(critique(GOOD, `\n\n${stray}`).defects.map((defect) => defect.kind)).toEqual(['off_topic', 'off_topic']);
  });

  it('scores an article with defects lower than one without', () => {
    const bad = critique(
      'Astronauts praise cheese festivals [1].',
      'Pelicans organise tournaments on Thursdays [2].',
    ).scores;
    const good = critique(GOOD).scores;
    expect(bad.relevance).toBeLessThan(good.relevance);
  });
});

describe('without any source', () => {
  const part = (number: string | number, words: number): string =>
    write(
      'article_part',
      ArticlePart,
      `${aBrief({ topic: 'Night trains' })}\n${fence('section', '', { number, heading: 'Background', words })}`,
    ).markdown;

  it('writes about the requested number of words, without figures and citations', () => {
    for (const words of [60, 120, 180, 240]) {
      const written = part(1, words);
      expect(Math.abs(countWords(written) - words)).toBeLessThanOrEqual(words * 0.1);
      expect(written).not.toMatch(/\d/);
    }
  });

  it('writes different text for different parts', () => {
    const [first, second] = [part(1, 150), part(2, 150)].map(
      (text) => new Set(splitSentences(text).map((sentence) => sentence.text)),
    );
    expect([...(first ?? [])].filter((sentence) => second?.has(sentence))).toEqual([]);
  });

  it('requires no citations', () => {
    const article = fence('article', `[part 1] ## Background\n${part(1, 120)}`);
    expect(
      write('article_critique', ArticleCritique, `${aBrief({ topic: 'Night trains' })}\n${article}`).defects,
    ).toEqual([]);
  });
});

describe('article_patch', () => {
  const patch = (defect: string, ...sentences: string[]): ArticlePatch =>
    write('article_patch', ArticlePatch, `${aNotesFence()}\n${article(...sentences)}\n${fence('defects', defect)}`);

  it('adds the citation that is missing', () => {
    const sentence = 'Divers inspect the concrete sills twice a year, when the gates are lifted for cleaning.';
    expect(patch(`missing_citation | 1 | "${sentence}" | cite`, GOOD, sentence).edits).toEqual([
      { part: '1', find: sentence, replace: sentence.replace(/\.$/, ' [1].') },
    ]);
  });

  it('removes unsupported sentences', () => {
    const sentence = 'Astronauts have praised the cheese festival of the pelicans [1].';
    expect(patch(`unsupported | 1 | "${sentence}" | remove`, sentence).edits).toEqual([
      { part: '1', find: sentence, replace: '' },
    ]);
  });

  it('corrects a wrong figure from the notes', () => {
    const sentence = 'The turbines together deliver up to 99 megawatts, enough for roughly 70,000 households [1].';
    expect(patch(`wrong_fact | 1 | "${sentence}" | correct`, sentence).edits[0]?.replace).toContain('86 megawatts');
  });

  it('changes only sentences with defects', () => {
    expect(patch('', GOOD).edits).toEqual([]);
    expect(patch('unsupported | 1 | "This is not in the article." | remove', GOOD).edits).toEqual([]);
  });
});

describe('article_metadata', () => {
  it('describes the article in 120 to 160 characters and five to eight keywords', () => {
    const texts = ['Tides.', GOOD, LARKMOOR_NOTES.map((note) => `${note.text} [1]`).join(' ')];
    for (const topic of [
      'Tides',
      'The Larkmoor Barrage',
      'A very long topic with a lot of text about a barrage across the mouth of a river with many gates',
    ]) {
      for (const text of texts) {
        const { metaDescription, keywords } = write(
          'article_metadata',
          ArticleMetadata,
          `${aBrief({ topic })}\n${article(text)}`,
        );
        expect(metaDescription.length).toBeGreaterThanOrEqual(120);
        expect(metaDescription.length).toBeLessThanOrEqual(160);
        expect(keywords.length).toBeGreaterThanOrEqual(5);
        expect(keywords.length).toBeLessThanOrEqual(8);
        expect(metaDescription).not.toMatch(/\[\d/);
      }
    }
  });
});

describe('recogniseSchema', () => {
  const json = (schema: ZodType): JsonSchema => z.toJSONSchema(schema) as JsonSchema;

  it('recognises an output by its name, its title and its properties', () => {
    expect(recogniseSchema('article_outline', {})).toBe('article_outline');
    expect(recogniseSchema(undefined, { ...json(z.object({ a: z.string() })), title: 'article_part' })).toBe(
      'article_part',
    );
    expect(recogniseSchema(undefined, json(ArticleCritique))).toBe('article_critique');
  });

  it('keeps the name of an unknown output', () => {
    expect(recogniseSchema('my_headlines', json(z.object({ headlines: z.array(z.string()) })))).toBe('my_headlines');
  });
});
