import { FetchFailedError, FetchTimedOutError, silentLogger, systemClock } from '@pressroom/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import type { ResearchTool, ToolSource } from './research-tool.ts';
import { createToolbox, type Toolbox } from './toolbox.ts';

const never = new AbortController().signal;
const query = { question: 'What are trees?', terms: ['trees'], language: 'en' };
const boxes: Toolbox[] = [];
afterEach(async () => {
  await Promise.all(boxes.splice(0).map((box) => box.close()));
});

const aTool = (search: ResearchTool['search'], facts: Partial<ResearchTool> = {}): ResearchTool => ({
  name: 'library',
  questions: 3,
  costNanoUsd: 0n,
  timeoutMs: 5_000,
  search,
  ...facts,
});
const aBox = (...tools: ResearchTool[]): Toolbox => {
  const box = createToolbox({ tools, maxSources: 6, clock: systemClock, log: silentLogger() });
  boxes.push(box);
  return box;
};
const failing = () => Promise.reject(new Error('of the tool’s own, with whatever it was told'));

describe('toolbox', () => {
  it('answers what the tool found, within bounds', async () => {
    const sources: ToolSource[] = [{ title: ' Trees ', text: 'They cool.' }, { title: 'nothing' }];
    const box = aBox(aTool(() => Promise.resolve(sources)));
    await expect(box.search('library', query, never)).resolves.toEqual([{ title: 'Trees', text: 'They cool.' }]);
    expect(box.offers).toEqual([{ name: 'library', questions: 3, costNanoUsd: 0n }]);
  });

  it('says no more of a failure than may be shown', async () => {
    const box = aBox(aTool(failing));
    await expect(box.search('library', query, never)).rejects.toMatchObject({
      code: 'TOOL_UNAVAILABLE',
      message: 'library: it failed',
    });
  });

  it('gives up on a tool that takes too long, heed it the signal or not', async () => {
    const box = aBox(aTool(() => new Promise(() => undefined), { timeoutMs: 20 }));
    await expect(box.search('library', query, never)).rejects.toMatchObject({
      code: 'TOOL_UNAVAILABLE',
      message: 'library took longer than 20 ms',
      mayBeBilled: true,
    });
  });

  it('leaves a tool alone after it has failed often, and no other one', async () => {
    let searches = 0;
    const down = aTool(() => {
      searches += 1;
      return failing();
    });
    const box = aBox(
      down,
      aTool(() => Promise.resolve([]), { name: 'other' }),
    );
    for (let n = 0; n < 5; n += 1) await box.search('library', query, never).catch(() => undefined);
    expect(searches).toBe(3);
    expect(box.isCallable('library')).toBe(false);
    await expect(box.search('library', query, never)).rejects.toMatchObject({
      code: 'TOOL_UNAVAILABLE',
      mayBeBilled: false,
      message: 'library has failed too often and is left alone for a while',
    });
    expect(box.isCallable('other')).toBe(true);
    await expect(box.search('other', query, never)).resolves.toEqual([]);
  });

  it('does not hold it against a tool that its caller aborted', async () => {
    const box = aBox(aTool(() => new Promise(() => undefined)));
    for (let n = 0; n < 5; n += 1) {
      const controller = new AbortController();
      const searching = box.search('library', query, controller.signal);
      controller.abort(new Error('cancelled'));
      await expect(searching).rejects.toThrow('cancelled');
    }
    expect(box.isCallable('library')).toBe(true);
  });

  it('knows only what is configured', async () => {
    const box = aBox();
    expect(box.isCallable('library')).toBe(false);
    await expect(box.search('library', query, never)).rejects.toMatchObject({
      code: 'TOOL_UNAVAILABLE',
      mayBeBilled: false,
    });
  });

  it.each([
    {
      title: 'refused with a status',
      error: new FetchFailedError('x', { retryable: true, status: 503 }),
      mayBeBilled: false,
    },
    {
      title: 'never connected',
      error: new FetchFailedError('x', {
        retryable: true,
        cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
      }),
      mayBeBilled: false,
    },
    { title: 'broke off', error: new FetchFailedError('x', { retryable: true }), mayBeBilled: true },
    { title: 'took too long', error: new FetchTimedOutError('x'), mayBeBilled: true },
    { title: 'made no sense', error: new SyntaxError('x'), mayBeBilled: true },
  ])('tells whether a search that $title may be billed: $mayBeBilled', async ({ error, mayBeBilled }) => {
    const box = aBox(aTool(() => Promise.reject(error)));
    await expect(box.search('library', query, never)).rejects.toMatchObject({ mayBeBilled });
  });
});
