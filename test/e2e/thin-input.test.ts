import type { TaskResult, TaskView } from '@pressroom/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startStack, type Stack } from './support/start-stack.ts';
import { untilEnded } from './support/until-ended.ts';

const SENTENCES = [
  'Street trees lower the temperature of a street by up to 4 degrees on a hot day.',
  'The city of Lyon planted 3,000 trees between 2019 and 2022.',
  'A plane tree needs about 12 cubic metres of soil to grow old.',
  'Roots that find too little soil lift the pavement within ten years.',
  'Gardeners in Freiburg water young trees for the first five summers.',
  'Insurers in Hamburg counted 140 damaged cars after the storm of October 2017.',
  'Lime trees drip honeydew on parked cars in June.',
  'A mature oak can drink 400 litres of water on a summer day.',
  'The mayor of Utrecht closed two streets to plant elms in 1998.',
  'Residents in Graz pay 30 euros a year to adopt a tree.',
];
const TARGET_WORDS = 500;
const GRID = [1, 2, 3, 5, 8, 10].flatMap((count) => [1, 3, 6].map((sections) => ({ count, sections })));
const [EN = ''] = SENTENCES;
const DE = 'Straßenbäume senken die Temperatur einer Straße an heißen Tagen um bis zu 4 Grad.';
const JA = '街路樹は暑い日に通りの気温を最大4度下げる。';

interface Ended {
  task: TaskView;
  result: TaskResult;
}

const codes = ({ task }: Ended): string[] => task.limitations.map(({ code }) => code);

/** Calls repeated although the same model had returned invalid output twice for the same purpose and step. */
async function expectFewCalls(stack: Stack, { task }: Ended): Promise<void> {
  const calls = await stack.client.tasks.calls(task.id);
  const counts = new Map<string, number>();
  for (const { stepKey, purpose, model, prompt } of calls) {
    const key = [stepKey, purpose, model, prompt.id].join(' ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect(Math.max(...counts.values()), JSON.stringify([...counts])).toBeLessThanOrEqual(2);
}

describe('thin input', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ backend: 'postgres', workers: 2 });
  });
  afterAll(async () => {
    await stack.stop();
  });

  const end = async (type: string, input: Record<string, unknown>): Promise<Ended> => {
    const { id } = await stack.client.tasks.create({ type, input });
    const task = await untilEnded(stack, id, 90_000);
    expect(['completed', 'partial'], JSON.stringify([input, task.error])).toContain(task.status);
    return { task, result: await stack.client.tasks.result(id) };
  };

  it('of 1 to 10 sentences becomes an article of 1 to 6 sections with limitations for missing content', async () => {
    const ended = await Promise.all(
      GRID.map(async ({ count, sections }) => ({
        count,
        sections,
        ...(await end('article', {
          topic: 'Why old towns plant trees',
          sources: [{ title: 'Notes', text: SENTENCES.slice(0, count).join(' ') }],
          sections,
          targetWords: TARGET_WORDS,
        })),
      })),
    );
    for (const { count, sections, ...article } of ended) {
      const { result, task } = article;
      const where = `${count} sentences, ${sections} sections: ${JSON.stringify(task.limitations)}`;
      expect(codes(article), where).toContain('SOURCES_THIN');
      const thin = task.limitations.find(({ code }) => code === 'SOURCES_THIN');
      expect(thin?.message, where).toMatch(/^The sources make \d+ statements? on the topic: .* were planned\./);
      const planned = Number(/about (\d+) of 500 words/.exec(thin?.message ?? '')?.[1]);
      expect(planned, where).toBeGreaterThanOrEqual(15);
      // Close to the planned length: in texts this short a third is one sentence.
      expect(result.wordCount, where).toBeGreaterThanOrEqual(Math.floor(planned * 0.6));
      expect(result.wordCount, where).toBeLessThanOrEqual(Math.ceil(planned * 1.4));
      expect(result.sections.length, where).toBeGreaterThanOrEqual(1);
      expect(result.sections.length, where).toBeLessThanOrEqual(Math.min(sections, count));
      expect(
        result.sources.map(({ title }) => title),
        where,
      ).toEqual(['Notes']);
      await expectFewCalls(stack, article);
      expect(task.cost.savedUsd, where).not.toMatch(/^-/);
    }
  });

  it.each([
    ['no sources', {}, ['CITATION_MISSING']],
    ['no sources, 12 sections in 100 words', { sections: 12, targetWords: 100 }, ['SOURCES_THIN', 'CITATION_MISSING']],
    ['a source of one word', { sources: [{ text: 'Trees.' }] }, ['SOURCE_SKIPPED', 'CITATION_MISSING']],
    [
      'a source that asks',
      { sources: [{ text: 'Why do towns plant trees?' }] },
      ['SOURCE_SKIPPED', 'CITATION_MISSING'],
    ],
    ['keywords', { sources: [{ text: '- cooler streets\n- 3,000 trees in Lyon' }], sections: 3 }, ['SOURCES_THIN']],
    ['one sentence, 12 sections', { sources: [{ text: EN }], sections: 12 }, ['SOURCES_THIN']],
    ['one sentence, 10,000 words', { sources: [{ text: EN }], targetWords: 10_000 }, ['SOURCES_THIN']],
    ['one sentence, 20 times', { sources: [{ text: `${EN} `.repeat(20) }], sections: 3 }, ['SOURCES_THIN']],
    [
      'a useless source and a sentence',
      { sources: [{ text: 'Trees.' }, { text: EN }], sections: 3 },
      ['SOURCE_SKIPPED', 'SOURCES_THIN'],
    ],
    ['a German source', { sources: [{ text: DE }], sections: 3 }, ['SOURCES_THIN']],
    ['a German source for a German article', { sources: [{ text: DE }], language: 'de' }, ['SOURCES_THIN']],
    ['a Japanese source', { sources: [{ text: JA }], sections: 3 }, ['SOURCES_THIN']],
  ])('for an article, %s: it ends with a document and says so', async (_what, input, expected) => {
    const article = await end('article', { topic: 'Why old towns plant trees', ...input });
    expect(codes(article)).toEqual(expect.arrayContaining(expected));
    expect(article.result.wordCount).toBeGreaterThan(0);
    await expectFewCalls(stack, article);
  });

  it.each([
    ['brief', { topic: 'Trees', sources: [{ text: EN }], sections: 6 }, 'SOURCES_THIN'],
    ['brief', { topic: 'Trees', sources: [{ text: 'Trees.' }] }, 'SOURCE_SKIPPED'],
    ['summary', { sources: [{ text: EN }] }, undefined],
    ['summary', { sources: [{ text: 'Trees.' }], targetWords: 2_000, keyPoints: 15 }, 'SOURCES_THIN'],
    ['rewrite', { text: 'Trees.', audience: 'children' }, undefined],
    ['rewrite', { text: EN, targetWords: 2_000 }, 'WORD_COUNT_OFF'],
    ['headlines', { topic: 'Trees', text: 'Trees.', count: 20, maxCharacters: 20 }, 'VARIANTS_MISSING'],
    ['classify', { text: 'Trees.', labels: [{ name: 'cars' }, { name: 'trees' }] }, undefined],
  ])('for a %s of %j: it ends with a document', async (type, input, limitation) => {
    const ended = await end(type, input);
    if (limitation !== undefined) expect(codes(ended)).toContain(limitation);
    expect(ended.result.markdown).not.toBe('');
    await expectFewCalls(stack, ended);
  });

  it('without a letter or digit is rejected at submission', async () => {
    await expect(
      stack.client.tasks.create({ type: 'article', input: { topic: 'Trees', sources: [{ text: '…' }] } }),
    ).rejects.toMatchObject({
      problem: {
        code: 'VALIDATION_FAILED',
        errors: [{ path: 'input.sources[0].text', message: 'must contain at least one letter or digit' }],
      },
    });
  });
});
