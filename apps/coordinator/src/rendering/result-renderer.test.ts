import { findPipeline } from '@pressroom/pipelines';
import { silentLogger } from '@pressroom/runtime';
import { afterAll, describe, expect, it } from 'vitest';
import { createFakeRenderings } from '../testing/fake-stores.ts';
import { createResultRenderer, type RenderedResult, type ResultRenderer } from './result-renderer.ts';

const store = createFakeRenderings();
const renderer = createResultRenderer({ store, findPipeline, log: silentLogger() });
afterAll(() => renderer.close());
const render = (by: ResultRenderer, markdown: string, result: RenderedResult): Promise<string> =>
  by.render(() => markdown, result);

/** Markdown that keeps parsers busy: 11 kB of the first held the event loop for 42 s. */
const HOSTILE: Readonly<Record<string, string>> = {
  'nested quotations': '>'.repeat(1_800).repeat(6),
  'nested quotations, spaced': '> '.repeat(20_000),
  'nested lists in one line': '- '.repeat(20_000),
  'nested numbered lists': '1. '.repeat(20_000),
  'lists by indentation': Array.from({ length: 2_000 }, (_, level) => `${'  '.repeat(level)}- x`).join('\n'),
  'open brackets': '['.repeat(100_000),
  'open emphasis': '*a **b '.repeat(20_000),
  'open code': '`a'.repeat(50_000),
  'open links': '[a]('.repeat(50_000),
  'open HTML': '<a '.repeat(50_000),
  'nested HTML': '<blockquote>'.repeat(20_000),
  'wide tables': `|${'a|'.repeat(20_000)}\n|${'-|'.repeat(20_000)}\n`,
};

/** Takes the parser many seconds. */
const SLOW = '_a*b'.repeat(200_000);

describe('createResultRenderer', () => {
  it.each(Object.entries(HOSTILE))(
    'answers hostile Markdown without holding the event loop: %s',
    async (_, markdown) => {
      const longest = await longestStallMs(async () => {
        const html = await render(renderer, markdown, { tenantId: 'hostile' });
        expect(html.length).toBeGreaterThan(0);
        expect(html).not.toContain('<script');
      });
      expect(longest).toBeLessThan(250);
    },
    30_000,
  );

  it('keeps what ordinary documents nest', async () => {
    const html = await render(
      renderer,
      '> a\n>> b\n\n- one\n  - two\n    - three\n\n1. first\n\n```\n          code\n```\n',
      { tenantId: 'a' },
    );
    expect(html).toContain('<blockquote>\n<p>b</p>');
    expect(html).toMatch(/one\s*<ul>\s*<li>two\s*<ul>\s*<li>three/);
    expect(html).toContain('          code');
  });

  it('renders the result of a finished task once for each generation', async () => {
    const finished = { tenantId: 'a', finished: { taskId: 'task', generation: 1 } };
    const first = await render(renderer, '# One', finished);
    expect(first).toBe('<h1>One</h1>\n');
    expect(await render(renderer, '# never rendered', finished)).toBe(first);
    expect(await render(renderer, '# Two', { tenantId: 'a', finished: { taskId: 'task', generation: 2 } })).toBe(
      '<h1>Two</h1>\n',
    );
  });

  it('renders for one tenant while another has many results that use up the time limit', async () => {
    await render(renderer, '# Starts a child', { tenantId: 'b' });
    const hostile = Array.from({ length: 4 }, (_, n) => render(renderer, `${SLOW}${n}`, { tenantId: 'slow' }));
    let ended = 0;
    const all = Promise.all(hostile.map((one) => one.finally(() => (ended += 1))));
    expect(await render(renderer, '# B', { tenantId: 'b' })).toBe('<h1>B</h1>\n');
    expect(ended).toBeLessThanOrEqual(1);
    for (const html of await all) expect(html).toMatch(/^<pre>/);
  }, 30_000);

  it('spends the time limit once on the result of an open task, and stores the plain text of a finished one', async () => {
    const outcomes: string[] = [];
    const counted = createResultRenderer({
      store,
      findPipeline,
      log: silentLogger(),
      onJob: ({ outcome }) => outcomes.push(outcome),
    });
    try {
      const open = { tenantId: 'slow' };
      const html = await render(counted, SLOW, open);
      expect(html).toMatch(/^<pre>/);
      expect(await render(counted, SLOW, open)).toBe(html);
      await render(counted, SLOW, { tenantId: 'slow', finished: { taskId: 'slow', generation: 1 } });
      expect(await store.find('slow', 1)).toBe(html);
      expect(outcomes).toHaveLength(1);
    } finally {
      await counted.close();
    }
  }, 30_000);

  it('refuses a tenant that has too many results waiting, and no other', async () => {
    const many = Array.from({ length: 60 }, (_, n) => render(renderer, `# ${n}`, { tenantId: 'many' }));
    const settled = Promise.allSettled(many);
    expect(await render(renderer, '# B', { tenantId: 'b' })).toBe('<h1>B</h1>\n');
    const refused = (await settled).filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(30);
  }, 30_000);
});

/** The longest work of this thread between two of its timers: CPU time, which a busy machine does not stretch. */
async function longestStallMs(work: () => Promise<void>): Promise<number> {
  let last = process.threadCpuUsage();
  let longest = 0;
  const look = (): void => {
    const { user, system } = process.threadCpuUsage(last);
    longest = Math.max(longest, (user + system) / 1_000);
    last = process.threadCpuUsage();
  };
  const timer = setInterval(look, 10);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  look();
  return longest;
}
