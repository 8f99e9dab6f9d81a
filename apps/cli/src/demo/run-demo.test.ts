import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { aTask, anEvent, createFakeClient, createFakeTerminal, type FakeApi } from '../testing/fakes.ts';
import { runDemo } from './run-demo.ts';
import { SAMPLE_SOURCES, SAMPLE_TOPIC } from './sample-article.ts';

const SAMPLES = Object.fromEntries(SAMPLE_SOURCES.map((path) => [path, readFileSync(path, 'utf8')]));

async function demo(argv: readonly string[], api: Partial<FakeApi> = {}, files: Record<string, string> = SAMPLES) {
  const { client, submitted } = createFakeClient(api);
  const fake = createFakeTerminal(files);
  const exitCode = await runDemo(argv, { connect: () => client, terminal: fake.terminal });
  return { exitCode, submitted, ...fake };
}

describe('the demo', () => {
  it('submits its own topic and three sample sources of 300 to 500 words', async () => {
    const { submitted, exitCode } = await demo([]);
    expect(exitCode).toBe(0);
    const { input } = submitted[0] as unknown as {
      input: { topic: string; sources: { title: string; text: string }[] };
    };
    expect(input.topic).toBe(SAMPLE_TOPIC);
    expect(input.sources.map(({ title }) => title)).toEqual([
      'Keeping the light: from open fires to rotating lenses',
      'Towers against the sea',
      'After the keepers',
    ]);
    for (const { text } of input.sources) {
      const words = text.split(/\s+/).length;
      expect(words).toBeGreaterThanOrEqual(300);
      expect(words).toBeLessThanOrEqual(500);
    }
  });

  it('submits the user’s own topic and sources, and none of the samples', async () => {
    const argv = [
      '--topic',
      'Bees',
      '--sources',
      'bees.md',
      'https://bees.example',
      '--words',
      '400',
      '--quality',
      'economy',
    ];
    const { submitted } = await demo(argv, {}, { 'bees.md': '# Bees\n\nThey fly.' });
    expect(submitted).toEqual([
      {
        type: 'article',
        input: {
          topic: 'Bees',
          sources: [{ title: 'Bees', text: '# Bees\n\nThey fly.' }, { url: 'https://bees.example' }],
          targetWords: 400,
        },
        quality: 'economy',
      },
    ]);
  });

  it('prints the article and the receipt, and shows progress apart from them', async () => {
    const events = [anEvent(1, 'step.started', { step: 'research' })];
    const { stdout, stderr } = await demo([], { events });
    expect(stdout()).toContain('# Lights\n\nText.');
    expect(stdout()).toContain('Saved     $0.006300 (60.0 %)');
    expect(stdout()).toContain('[simulated text');
    expect(stderr()).toContain('▸ research');
    expect(stdout()).not.toContain('▸');
  });

  it('prints one JSON object and nothing else with --json', async () => {
    const { lines } = await demo(['--json']);
    expect(lines).toHaveLength(1);
    const printed = JSON.parse(lines[0] ?? '') as Record<string, Record<string, unknown>>;
    expect(Object.keys(printed)).toEqual(['task', 'result', 'calls', 'cost']);
    expect(printed['cost']).toMatchObject({
      usd: '0.004200000',
      savedByLever: { tier: '0.006300000' },
      simulated: true,
    });
  });

  it('counts a partial article as a success, and says what is missing', async () => {
    const task = aTask({
      status: 'partial',
      limitations: [{ code: 'SECTION_MISSING', message: 'section 2 is missing' }],
    });
    const { exitCode, stdout } = await demo([], { task });
    expect(exitCode).toBe(0);
    expect(stdout()).toContain('Limitation: section 2 is missing');
  });

  it('exits with 1 when the task failed, still showing what it cost', async () => {
    const task = aTask({ status: 'failed', error: { code: 'NO_USABLE_SOURCE', message: 'nothing to read' } });
    const { exitCode, stdout, stderr } = await demo([], { task });
    expect(exitCode).toBe(1);
    expect(stderr()).toContain('The task failed: NO_USABLE_SOURCE: nothing to read');
    expect(stdout()).toContain('Paid');
  });

  it('has no result in its JSON when the task failed', async () => {
    const { lines, exitCode } = await demo(['--json'], { task: aTask({ status: 'cancelled' }) });
    expect(exitCode).toBe(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ result: null, task: { status: 'cancelled' } });
  });

  it('explains itself without touching the API', async () => {
    const { terminal, stdout } = createFakeTerminal();
    const connect = () => {
      throw new Error('must not connect');
    };
    expect(await runDemo(['--help'], { connect, terminal })).toBe(0);
    expect(stdout()).toContain('--sources FILE|URL');
  });

  it('refuses a source that is not there before it submits anything', async () => {
    const { client, submitted } = createFakeClient();
    const { terminal } = createFakeTerminal();
    const run = runDemo(['--topic', 'Bees', '--sources', 'gone.md'], { connect: () => client, terminal });
    await expect(run).rejects.toThrow('cannot read the source gone.md');
    expect(submitted).toEqual([]);
  });
});
