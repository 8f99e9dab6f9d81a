import { silentLogger } from '@pressroom/runtime';
import { afterAll, describe, expect, it } from 'vitest';
import { createFakeRenderings } from '../testing/fake-stores.ts';
import { createResultRenderer } from './result-renderer.ts';

const store = createFakeRenderings();
const renderer = createResultRenderer({ store, log: silentLogger() });
afterAll(() => renderer.close());

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

describe('createResultRenderer', () => {
  it.each(Object.entries(HOSTILE))(
    'answers hostile Markdown without holding the event loop: %s',
    async (_, markdown) => {
      const longest = await longestStallMs(async () => {
        const html = await renderer.render(markdown);
        expect(html.length).toBeGreaterThan(0);
        expect(html).not.toContain('<script');
      });
      expect(longest).toBeLessThan(250);
    },
    30_000,
  );

  it('keeps what ordinary documents nest', async () => {
    const html = await renderer.render(
      '> a\n>> b\n\n- one\n  - two\n    - three\n\n1. first\n\n```\n          code\n```\n',
    );
    expect(html).toContain('<blockquote>\n<p>b</p>');
    expect(html).toMatch(/one\s*<ul>\s*<li>two\s*<ul>\s*<li>three/);
    expect(html).toContain('          code');
  });

  it('renders the result of a finished task once for each generation', async () => {
    const finished = { taskId: 'task', generation: 1 };
    const first = await renderer.render('# One', finished);
    expect(first).toBe('<h1>One</h1>\n');
    expect(await renderer.render('# never rendered', finished)).toBe(first);
    expect(await renderer.render('# Two', { taskId: 'task', generation: 2 })).toBe('<h1>Two</h1>\n');
  });
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
