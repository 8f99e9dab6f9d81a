import { fileURLToPath } from 'node:url';

import {
  BriefData,
  ClassifyData,
  HeadlinesData,
  RewriteData,
  SummaryData,
  type TaskResult,
  type TaskView,
} from '@pressroom/contracts';
import { findPipeline, listPipelines, type Pipeline } from '@pressroom/pipelines';
import { hasTestRedis } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z, type ZodType } from 'zod';

import { sampleSources } from './support/sources.ts';
import { startStack, type Backend, type Stack } from './support/start-stack.ts';
import { untilEnded } from './support/until-ended.ts';

const BACKENDS: Backend[] = hasTestRedis() ? ['postgres', 'redis'] : ['postgres'];
const TYPES = listPipelines().map(({ type }) => type);
const pipelineOf = (type: string): Pipeline => findPipeline(type) ?? expect.fail(`no pipeline ${type}`);

interface Finished {
  task: TaskView;
  result: TaskResult;
}

async function run(
  stack: Stack,
  type: string,
  input: unknown,
  options: { quality?: 'economy' | 'balanced' | 'premium' } = {},
): Promise<Finished> {
  const accepted = await stack.client.tasks.create({ type, input: input as Record<string, unknown>, ...options });
  const task = await untilEnded(stack, accepted.id);
  expect(task, JSON.stringify([task.error, task.limitations])).toMatchObject({ status: 'completed' });
  return { task, result: await stack.client.tasks.result(accepted.id) };
}

const dataOf = <Data>({ result }: Finished, shape: ZodType<Data>): Data => shape.parse(result.data);
const wordsIn = (text: string): number =>
  text
    .replaceAll(/\[\d+\]/g, '')
    .split(/\s+/)
    .filter(Boolean).length;

describe.each(BACKENDS)('every task type, on %s', (backend) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ backend, workers: 2 });
  });
  afterAll(async () => {
    await stack.stop();
  });

  it.each(TYPES)('%s: its example becomes a document, as JSON, Markdown and HTML', async (type) => {
    const { inputSchema, dataSchema, example } = pipelineOf(type);
    expect(inputSchema.safeParse(example).success).toBe(true);
    const { task, result } = await run(stack, type, example);
    expect(result.title).not.toBe('');
    expect(result.metaDescription).not.toBe('');
    expect(result.markdown).toContain('# ');
    if (dataSchema) expect(dataSchema.safeParse(result.data).error).toBeUndefined();
    else expect(result.data).toBeUndefined();

    const listed = new Set(result.sources.map(({ id }) => id));
    const cited = [...result.markdown.matchAll(/\[(\d+)\](?!\()/g)].map((match) => Number(match[1]));
    expect(cited.filter((id) => !listed.has(id))).toEqual([]);
    expect([...listed].filter((id) => !cited.includes(id))).toEqual([]);

    expect(await stack.client.tasks.document(task.id, 'markdown')).toContain(result.markdown.trim());
    const html = await stack.client.tasks.document(task.id, 'html');
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).not.toMatch(/<script/i);
    expect(task.limitations.map(({ code }) => code)).not.toContain('QUALITY_CHECK_FAILED');
  });

  it('serves schemas, limits and an example of each', async () => {
    const { items } = await stack.client.taskTypes();
    expect(items.map(({ type }) => type)).toEqual(['article', 'brief', 'summary', 'rewrite', 'headlines', 'classify']);
    for (const { type, inputSchema, dataSchema, example } of items) {
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(z.fromJSONSchema(inputSchema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(example).success).toBe(
        true,
      );
      expect(dataSchema === undefined).toBe(type === 'article');
    }
  });
});

describe('guarantees of each type', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ backend: 'postgres', workers: 2 });
  });
  afterAll(async () => {
    await stack.stop();
  });

  it('an article without sources is completed without citations, with a limitation', async () => {
    const { task, result } = await run(stack, 'article', {
      topic: 'Why people keep diaries',
      targetWords: 300,
      sections: 3,
    });
    expect(result.sections).toHaveLength(3);
    expect(result.sources).toEqual([]);
    expect(result.markdown).not.toMatch(/\[\d+\]/);
    expect(result.wordCount).toBeGreaterThan(200);
    expect(task.limitations).toContainEqual({
      code: 'CITATION_MISSING',
      message: 'No sources were given: the article rests on general knowledge and cites nothing.',
    });
  });

  it('a brief has the requested sections with matching word counts, and keeps the user’s keywords', async () => {
    const finished = await run(stack, 'brief', {
      topic: 'Lighthouses without keepers',
      sections: 4,
      targetWords: 900,
      keywords: ['automation', 'heritage'],
      goal: 'Readers visit one.',
      sources: sampleSources(),
    });
    const data = dataOf(finished, BriefData);
    expect(data.sections).toHaveLength(4);
    expect(data.sections.reduce((sum, { words }) => sum + words, 0)).toBe(900);
    expect(data.keywords.slice(0, 2)).toEqual(['automation', 'heritage']);
    expect(data.questions.length).toBeGreaterThan(2);
    expect(finished.result.sections.map(({ heading }) => heading)).toContain('Questions to answer');
    expect(finished.result.sources.length).toBeGreaterThan(0);
  });

  it('a summary of a long source is made from points of the cheap tier, with the requested length', async () => {
    const text = Array.from({ length: 12 }, (_, round) =>
      sampleSources()
        .map((source) => source.text.replaceAll(/\b1(\d{3})\b/g, (_year, rest: string) => `1${rest}`))
        .join(`\n\nPart ${round + 1}.\n\n`),
    ).join('\n\n');
    const finished = await run(stack, 'summary', {
      sources: [{ title: 'A long report', text }],
      targetWords: 150,
      keyPoints: 4,
    });
    const data = dataOf(finished, SummaryData);
    expect(wordsIn(data.summary)).toBeGreaterThanOrEqual(127);
    expect(wordsIn(data.summary)).toBeLessThanOrEqual(173);
    expect(data.keyPoints).toHaveLength(4);
    expect(data.keyPoints.every(({ sources }) => sources.includes(1))).toBe(true);
    const calls = await stack.client.tasks.calls(finished.task.id);
    const taken = calls.filter(({ purpose }) => purpose === 'source-summary');
    expect(taken.length).toBeGreaterThan(1);
    expect(new Set(taken.map(({ tier }) => tier))).toEqual(new Set(['T1']));
    expect(calls.filter(({ purpose }) => purpose === 'summary').map(({ tier }) => tier)).toEqual(['T2']);
  });

  it('a rewriting keeps the figures and names in the requested style', async () => {
    const finished = await run(stack, 'rewrite', {
      text:
        'In order to protect the harbor, the Selwyn Water Board purchased 14 pumps in 2021. Users of the marina paid ' +
        '2.4 million crowns. Approximately 340 homes are safe now! Mary Okafor opened the station on 9 May.',
      audience: 'residents',
      styleGuide: 'British spelling. Say "people who use", never "users of". No exclamation marks.',
    });
    const { text, facts } = dataOf(finished, RewriteData);
    expect(facts).toMatchObject({ missing: [], invented: [] });
    expect(facts.total).toBeGreaterThan(6);
    expect(text).toContain('harbour');
    expect(text).toContain('People who use the marina');
    expect(text).not.toMatch(/users of|!/i);
    expect(finished.task.limitations).toEqual([]);
  });

  it('headlines have the requested number, are distinct and within their length', async () => {
    const finished = await run(stack, 'headlines', {
      topic: 'How lighthouses changed',
      text: sampleSources()[0]?.text,
      count: 20,
      maxCharacters: 60,
    });
    const { headlines } = dataOf(finished, HeadlinesData);
    expect(headlines).toHaveLength(20);
    expect(new Set(headlines.map(({ text }) => text.toLowerCase())).size).toBe(20);
    expect(Math.max(...headlines.map(({ characters }) => characters))).toBeLessThanOrEqual(60);
    const calls = await stack.client.tasks.calls(finished.task.id);
    expect(calls.map(({ purpose }) => purpose)).toEqual(['headlines']);
  });

  it('a classification uses only the given labels, and quotes the text', async () => {
    const text =
      'The invoice was charged twice to my card. I want the second payment refunded. The parcel itself came on time.';
    const labels = [
      { name: 'Payment', description: 'invoices, refunds, charged cards' },
      { name: 'Delivery', description: 'parcels, couriers, tracking' },
      { name: 'Praise' },
    ];
    const one = dataOf(await run(stack, 'classify', { text, labels }), ClassifyData);
    expect(one.labels.map(({ name }) => name)).toEqual(['Payment']);
    expect(text).toContain(one.labels[0]?.quote);
    const many = dataOf(await run(stack, 'classify', { text, labels, multi: true }), ClassifyData);
    expect(many.labels.every(({ name }) => labels.some((label) => label.name === name))).toBe(true);
  });

  it('quality selects tiers and rounds', async () => {
    const input = pipelineOf('rewrite').example;
    const purposes = async (quality: 'economy' | 'balanced' | 'premium') => {
      const { task } = await run(stack, 'rewrite', input, { quality });
      return (await stack.client.tasks.calls(task.id)).map(({ purpose, tier }) => `${purpose} ${tier}`);
    };
    expect(await purposes('economy')).toEqual(['rewrite T1']);
    expect(await purposes('balanced')).toEqual(['rewrite T2', 'mend T2']);
    expect((await purposes('premium')).slice(0, 2)).toEqual(['rewrite T3', 'mend T3']);
  });

  it('an article follows a style guide that its sources violate', async () => {
    const sources = sampleSources().map((source) => ({ ...source, text: source.text.replaceAll('light ', 'color ') }));
    const { result, task } = await run(stack, 'article', {
      topic: 'How lighthouses changed',
      sources,
      sections: 3,
      targetWords: 400,
      styleGuide: 'British spelling. Say "constructed", never "built".',
    });
    const written = result.markdown.replace(/## Sources[^]*/, '');
    expect(written).toContain('colour');
    expect(written).not.toMatch(/\bcolor\b|\bbuilt\b/);
    expect(task.limitations.filter(({ message }) => message.includes('STYLE_'))).toEqual([]);
  });

  it.each([
    { type: 'summary', input: { sources: [] }, path: 'input.sources' },
    { type: 'rewrite', input: { text: 'A text.' }, path: 'input' },
    { type: 'headlines', input: { count: 3 }, path: 'input' },
    { type: 'headlines', input: { topic: 'Bees', count: 21 }, path: 'input.count' },
    { type: 'classify', input: { text: 'x', labels: [{ name: 'a' }, { name: 'A' }] }, path: 'input.labels' },
    { type: 'classify', input: { text: 'x', labels: [{ name: 'a' }] }, path: 'input.labels' },
    { type: 'brief', input: { topic: 'Bees', lenght: 3 }, path: 'input.lenght' },
  ])('$type refuses an input it cannot work from: $path', async ({ type, input, path }) => {
    await expect(stack.client.tasks.create({ type, input })).rejects.toMatchObject({
      problem: { code: 'VALIDATION_FAILED', errors: [expect.objectContaining({ path })] },
    });
  });
});

describe('a task type that is added', () => {
  const program = (name: string): string => fileURLToPath(new URL(`./support/haiku/${name}.ts`, import.meta.url));

  it('is listed, accepted, run and served like the others', async () => {
    const stack = await startStack({
      backend: 'postgres',
      coordinatorProgram: program('coordinator'),
      workerProgram: program('worker'),
    });
    try {
      const haiku = (await stack.client.taskTypes()).items.find(({ type }) => type === 'haiku');
      expect(haiku).toMatchObject({ version: 1, inputSchema: { properties: { about: { maxLength: 200 } } } });
      const { task, result } = await run(stack, 'haiku', haiku?.example);
      expect(task.progress).toMatchObject({ stepsDone: 1, stepsTotal: 1 });
      expect((result.data as { lines: string[] }).lines).toHaveLength(3);
      expect(result.markdown).toMatch(/^# the first ferry of the morning\n/);
      expect((await stack.client.tasks.calls(task.id))[0]).toMatchObject({
        purpose: 'haiku',
        tier: 'T1',
        prompt: { id: 'haiku', version: '1' },
      });
      await expect(stack.client.tasks.create({ type: 'haiku', input: { about: 'x' } })).rejects.toMatchObject({
        problem: { code: 'VALIDATION_FAILED' },
      });
    } finally {
      await stack.stop();
    }
  });
});
