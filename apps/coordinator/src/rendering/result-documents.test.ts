import { createPipelineRegistry, findPipeline, PIPELINES, type Pipeline } from '@pressroom/pipelines';
import { silentLogger } from '@pressroom/runtime';
import { afterEach, describe, expect, it } from 'vitest';

import { createFakeRenderings } from '../testing/fake-stores.ts';
import type { ResultTexts } from './assemble-document.ts';
import { createResultDocuments, type FinishedResult } from './result-documents.ts';
import { createResultRenderer, type ResultRenderer } from './result-renderer.ts';

let outcomes: string[] = [];
let open: ResultRenderer | undefined;
const aRenderer = (find = findPipeline): ResultRenderer => {
  outcomes = [];
  open = createResultRenderer({
    store: createFakeRenderings(),
    findPipeline: find,
    log: silentLogger(),
    onJob: ({ job, outcome }) => outcomes.push(`${job} ${outcome}`),
  });
  return open;
};
afterEach(() => open?.close());

const material = (markdown: string, type = 'rewrite') => ({
  tenantId: 'a',
  type,
  pipelineVersion: 1,
  input: { text: 'A text.' },
  outputs: { rewrite: { title: 'Trees', markdown, rounds: 0 } },
  simulated: true,
});
const finished = { taskId: 'task', generation: 1, simulated: true };
const isCurrent = () => Promise.resolve(true);
const textOf = (texts: ResultTexts | undefined) => Buffer.from(texts?.markdown ?? []).toString();
const LONG = 'Words of a tree. '.repeat(3_000);

describe('assemble', () => {
  it('assembles a short result in the process and a long one in a child', async () => {
    const renderer = aRenderer();
    expect(textOf(await renderer.assemble(material('Short.'), { isCurrent }))).toContain('# Trees\n\nShort.\n');
    expect(outcomes).toEqual([]);
    const long = await renderer.assemble(material(LONG), { isCurrent });
    expect(textOf(long)).toContain(LONG.trim());
    expect(JSON.parse(Buffer.from(long?.json ?? []).toString())).toMatchObject({ title: 'Trees', simulated: true });
    expect(long?.head).toMatchObject({ title: 'Trees', simulated: true, language: 'en' });
    expect(outcomes).toEqual(['document ok']);
  });

  it('assembles the result of a finished task once, for readers at the same time and later ones', async () => {
    const renderer = aRenderer();
    expect(renderer.findDocument(finished)).toBeUndefined();
    const first = renderer.assemble(material(LONG), { finished, isCurrent });
    const [one, two, three] = await Promise.all([
      first,
      renderer.findDocument(finished),
      renderer.assemble(material(LONG), { finished, isCurrent }),
    ]);
    expect(two).toBe(one);
    expect(three).toBe(one);
    expect(await renderer.findDocument(finished)).toBe(one);
    expect(renderer.findDocument({ ...finished, generation: 2 })).toBeUndefined();
    expect(outcomes).toEqual(['document ok']);
  });

  it.each([
    ['the task was retried meanwhile', () => Promise.resolve(false)],
    ['the store cannot say whether it was', () => Promise.reject(new Error('down'))],
  ])('caches nothing when %s', async (_, check) => {
    const renderer = aRenderer();
    await renderer.assemble(material('Short.'), { finished, isCurrent: check });
    await expect.poll(() => renderer.findDocument(finished)).toBeUndefined();
  });

  it('drops the results that were not read for longest once they fill the cache', async () => {
    const pool = { run: () => Promise.reject(new Error('not needed')) };
    const one = await aRenderer().assemble(material('Short.'), { isCurrent });
    const maxCachedBytes = 2 * ((one?.json.length ?? 0) + (one?.markdown.length ?? 0));
    const documents = createResultDocuments({ pool, findPipeline, log: silentLogger(), maxCachedBytes });
    const ids = Array.from({ length: 4 }, (_, n) => ({ ...finished, taskId: `task ${n}` }));
    const isCached = (id: FinishedResult): boolean => documents.findDocument(id) !== undefined;
    for (const id of ids) {
      await documents.assemble(material('Short.'), { finished: id, isCurrent });
      await documents.findDocument(ids[0] ?? id);
    }
    await expect.poll(() => ids.map(isCached)).toEqual([true, false, false, true]);
  });

  it('answers undefined when the outputs make no document', async () => {
    const renderer = aRenderer();
    expect(await renderer.assemble({ ...material(LONG), outputs: { other: LONG } }, { isCurrent })).toBeUndefined();
    expect(outcomes).toEqual(['document ok']);
  });

  it('assembles types that only this coordinator has in the process', async () => {
    const [rewrite] = PIPELINES.filter(({ type }) => type === 'rewrite');
    const own = { ...rewrite, type: 'own' } as Pipeline;
    const renderer = aRenderer(createPipelineRegistry([...PIPELINES, own]).find);
    expect(textOf(await renderer.assemble(material(LONG, 'own'), { isCurrent }))).toContain('# Trees');
    expect(outcomes).toEqual([]);
    await expect(renderer.assemble(material(LONG, 'gone'), { isCurrent })).rejects.toThrow(
      'no pipeline gone version 1',
    );
  });
});
