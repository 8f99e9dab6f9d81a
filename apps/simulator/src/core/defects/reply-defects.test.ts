import {
  ArticlePart,
  fence,
  type ArticleCritique,
  type ArticleOutline,
  type SourceSummary,
  type Tier,
} from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import { aBrief, aNotesFence, aPartPrompt, LARKMOOR_NOTES, LARKMOOR_SOURCES } from '../../../test/fixtures/larkmoor.ts';
import { parsePrompt } from '../prompt/parse-prompt.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { citationsOf, contentStems, countWords, numbersOf } from '../text/words.ts';
import { containment } from '../text/similarity.ts';
import { writeReply, type ReplyRequest } from '../writing/write-reply.ts';
import { writerFor } from '../writing/writers.ts';
import { seededRandom } from '@pressroom/runtime';
import { DEFAULT_DEFECT_TABLE, NO_DEFECTS, ratesFor, type DefectTable } from './defect-rates.ts';
import { REPLY_DEFECTS } from './reply-defects.ts';

const RUNS = 600;
const seeds = Array.from({ length: RUNS }, (_unused, index) => `seed-${index}`);
const ids = LARKMOOR_NOTES.slice(0, 8).map((note) => note.id);
const PART = aPartPrompt({ number: 1, heading: 'The barrage', words: 170, noteIds: ids });

const reply = (
  purpose: string,
  user: string,
  tier: Tier,
  seed: string,
  defects: DefectTable = DEFAULT_DEFECT_TABLE,
): string => {
  const request: ReplyRequest = {
    model: `model-${tier}`,
    tier,
    messages: [{ role: 'user', text: user }],
    purpose,
    schema: {},
    seed,
    defects,
    forcedDefects: [],
  };
  return writeReply(request).text;
};

/** Only one defect, so that its rate can be measured. */
const only = (name: string): DefectTable => ({
  ...DEFAULT_DEFECT_TABLE,
  tiers: Object.fromEntries(
    Object.entries(DEFAULT_DEFECT_TABLE.tiers).map(([tier, { complex, simple }]) => [
      tier,
      { complex: { [name]: complex[name] ?? 0 }, simple: { [name]: simple[name] ?? 0 } },
    ]),
  ) as DefectTable['tiers'],
});
const parsePart = (text: string): string => ArticlePart.parse(JSON.parse(text)).markdown;

/** Checks that the share of hits is within four standard deviations of the rate. */
function expectRate(hits: number, samples: number, rate: number): void {
  const deviation = Math.sqrt((rate * (1 - rate)) / samples);
  expect(hits / samples).toBeGreaterThanOrEqual(rate - 4 * deviation);
  expect(hits / samples).toBeLessThanOrEqual(rate + 4 * deviation);
}

const KNOWN_FIGURES = new Set(LARKMOOR_NOTES.flatMap((note) => [...numbersOf(note.text)]));
const isBroken = (text: string): boolean => {
  try {
    return !ArticlePart.safeParse(JSON.parse(text)).success;
  } catch {
    return true;
  }
};

describe.each<{ tier: Tier }>([{ tier: 'T1' }, { tier: 'T2' }, { tier: 'T3' }])('replies of $tier', ({ tier }) => {
  const { complex } = DEFAULT_DEFECT_TABLE.tiers[tier];
  const rate = (name: string): number => complex[name] ?? 0;

  it('have bad JSON at the stated rate', () => {
    const broken = seeds.filter((seed) => isBroken(reply('article_part', PART, tier, seed, only('badJson')))).length;
    expectRate(broken, RUNS, rate('badJson'));
  });

  it('contain an invented sentence with a false figure at the stated rate', () => {
    const invented = seeds.filter((seed) => {
      const figures = [...numbersOf(parsePart(reply('article_part', PART, tier, seed, only('inventedSentence'))))];
      return figures.some((figure) => !KNOWN_FIGURES.has(figure));
    }).length;
    expectRate(invented, RUNS, rate('inventedSentence'));
  });

  it('lack citations at the stated rate', () => {
    const sentences = seeds
      .slice(0, 200)
      .flatMap((seed) => splitSentences(parsePart(reply('article_part', PART, tier, seed, only('missingCitations')))));
    expectRate(
      sentences.filter(({ text }) => citationsOf(text).length === 0).length,
      sentences.length,
      rate('missingCitations'),
    );
  });

  it('drop facts at the stated rate', () => {
    const user = `${aBrief()}\n${aNotesFence()}`;
    const kept = seeds.slice(0, 100).flatMap((seed) => {
      const outline = JSON.parse(reply('article_outline', user, tier, seed, only('droppedFacts'))) as ArticleOutline;
      return outline.sections.flatMap((section) => section.noteIds);
    });
    const offered = 100 * LARKMOOR_NOTES.length;
    // A section keeps at least one note, which has little effect at this size.
    expectRate(offered - kept.length, offered, rate('droppedFacts'));
  });

  it('are overlong at the stated rate', () => {
    const long = seeds.filter(
      (seed) => countWords(parsePart(reply('article_part', PART, tier, seed, only('overlong')))) > 170 * 1.2,
    ).length;
    expectRate(long, RUNS, rate('overlong'));
  });
});

describe('the table of rates', () => {
  it('contains only existing defects', () => {
    const names = REPLY_DEFECTS.map((defect) => defect.name);
    for (const { complex, simple } of Object.values(DEFAULT_DEFECT_TABLE.tiers)) {
      for (const name of [...Object.keys(complex), ...Object.keys(simple)]) expect(names).toContain(name);
    }
  });

  it('gives T1 rates close to T2 on simple purposes and much higher ones on complex ones', () => {
    for (const purpose of ['source_summary', 'article_metadata']) {
      const gap =
        (ratesFor(DEFAULT_DEFECT_TABLE, 'T1', purpose)['droppedFacts'] ?? 0) -
        (ratesFor(DEFAULT_DEFECT_TABLE, 'T2', purpose)['droppedFacts'] ?? 0);
      expect(gap).toBeLessThanOrEqual(0.02);
    }
    for (const purpose of ['article_outline', 'article_part', 'article_critique']) {
      const t1 = ratesFor(DEFAULT_DEFECT_TABLE, 'T1', purpose)['droppedFacts'] ?? 0;
      expect(t1).toBeGreaterThanOrEqual(4 * (ratesFor(DEFAULT_DEFECT_TABLE, 'T2', purpose)['droppedFacts'] ?? 0));
    }
  });

  it('can be replaced by one without defects', () => {
    const texts = new Set(
      seeds.slice(0, 20).map((seed) => isBroken(reply('article_part', PART, 'T1', seed, NO_DEFECTS))),
    );
    expect([...texts]).toEqual([false]);
  });
});

describe('tiering', () => {
  /** Runs research and draft with one tier for the sources and one for the writing; counts the actual problems. */
  const problemsPerArticle = (sourceTier: Tier, writingTier: Tier, seed: string): number => {
    const notes = LARKMOOR_SOURCES.flatMap((source) => {
      const user = `${aBrief()}\n${fence('source', source.text, { id: source.id, title: source.title })}`;
      const summary = parseOr<SourceSummary>(reply('source_summary', user, sourceTier, seed), {
        relevant: false,
        points: [],
      });
      return summary.points.map((point) => ({ text: point.text, sources: [source.id] }));
    }).map((note, index) => ({ id: `n${index + 1}`, ...note }));
    const notesFence = aNotesFence(notes);
    const size = Math.ceil(notes.length / 3);
    const parts = [0, 1, 2].map((index) => {
      const own = notes.slice(index * size, (index + 1) * size);
      const words = own.reduce((sum, note) => sum + countWords(note.text), 0);
      const user = `${aBrief()}\n${notesFence}\n${fence('section', '', { number: index + 1, heading: `Part ${index + 1}`, words, notes: own.map((note) => note.id).join(' ') })}`;
      return parseOr<ArticlePart>(reply('article_part', user, writingTier, seed), { markdown: '' }).markdown;
    });
    const article = fence(
      'article',
      parts.map((markdown, index) => `[part ${index + 1}] ## Part ${index + 1}\n${markdown}`).join('\n\n'),
    );
    const prompt = parsePrompt([{ role: 'user', text: `${aBrief()}\n${notesFence}\n${article}` }]);
    const critique = writerFor('article_critique')?.({ prompt, random: seededRandom(1) }) as ArticleCritique;
    const used = contentStems(parts.join(' '));
    const unused = notes.filter((note) => containment(contentStems(note.text), used) < 0.7).length;
    return critique.defects.length + unused;
  };
  const mean = (sourceTier: Tier, writingTier: Tier): number =>
    seeds.slice(0, 25).reduce((sum, seed) => sum + problemsPerArticle(sourceTier, writingTier, seed), 0) / 25;

  it('gives cheap research with a good writer results close to all-T3 and far better than all-T1', () => {
    const [allT1, tiered, allT3] = [mean('T1', 'T1'), mean('T1', 'T3'), mean('T3', 'T3')];
    expect(tiered).toBeLessThan(allT1 * 0.5);
    expect(tiered - allT3).toBeLessThan((allT1 - allT3) * 0.35);
  });
});

function parseOr<T>(text: string, otherwise: T): T {
  try {
    return { ...otherwise, ...(JSON.parse(text) as T) };
  } catch {
    return otherwise;
  }
}
