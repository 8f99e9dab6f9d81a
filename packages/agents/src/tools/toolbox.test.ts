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
const failing = () => Promise.reject(new Error('an error of the tool that contains its query'));

describe('toolbox', () => {
  it('returns the results of the tool, within limits', async () => {
    const sources: ToolSource[] = [{ title: ' Trees ', text: 'They cool.' }, { title: 'nothing' }];
    const box = aBox(aTool(() => Promise.resolve(sources)));
    await expect(box.search('library', query, never)).resolves.toEqual([{ title: 'Trees', text: 'They cool.' }]);
    expect(box.offers).toEqual([{ name: 'library', questions: 3, costNanoUsd: 0n }]);
  });

  it('reveals no details of a failure', async () => {
    const box = aBox(aTool(failing));
    await expect(box.search('library', query, never)).rejects.toMatchObject({
      code: 'TOOL_UNAVAILABLE',
      message: 'library: it failed',
    });
  });

  it('aborts a tool that takes too long, even if it ignores the signal', async () => {
    const box = aBox(aTool(() => new Promise(() => undefined), { timeoutMs: 20 }));
    await expect(box.search('library', query, never)).rejects.toMatchObject({
      code: 'TOOL_UNAVAILABLE',
      message: 'library took longer than 20 ms',
      mayBeBilled: true,
    });
  });

  it('pauses a tool that has failed often, and no other one', async () => {
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
      message: 'library has failed too often and is paused for 30 s',
    });
    expect(box.isCallable('other')).toBe(true);
    await expect(box.search('other', query, never)).resolves.toEqual([]);
  });

  it('does not count an abort by the caller as a failure', async () => {
    const box = aBox(aTool(() => new Promise(() => undefined)));
    for (let n = 0; n < 5; n += 1) {
      const controller = new AbortController();
      const searching = box.search('library', query, controller.signal);
      controller.abort(new Error('cancelled'));
      await expect(searching).rejects.toThrow('cancelled');
    }
    expect(box.isCallable('library')).toBe(true);
  });

  it('rejects a tool that is not configured', async () => {
    const box = aBox();
    expect(box.isCallable('library')).toBe(false);
    await expect(box.search('library', query, never)).rejects.toMatchObject({
      code: 'TOOL_UNAVAILABLE',
      mayBeBilled: false,
    });
  });

  it.each([
    {
      title: 'was rejected with a status',
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
    { title: 'was interrupted', error: new FetchFailedError('x', { retryable: true }), mayBeBilled: true },
    { title: 'took too long', error: new FetchTimedOutError('x'), mayBeBilled: true },
    { title: 'returned an invalid reply', error: new SyntaxError('x'), mayBeBilled: true },
  ])('reports whether a search that $title may be billed: $mayBeBilled', async ({ error, mayBeBilled }) => {
    const box = aBox(aTool(() => Promise.reject(error)));
    await expect(box.search('library', query, never)).rejects.toMatchObject({ mayBeBilled });
  });
});
