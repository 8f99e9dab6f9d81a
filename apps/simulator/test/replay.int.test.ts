import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_DEFECTS, startSimulator, type ReplayOptions, type Simulator } from '../src/index.ts';
import { collect, startBench, type Bench } from './fixtures/clients.ts';
import { aBrief, aNotesFence } from './fixtures/larkmoor.ts';

const ASKED = { model: 'gpt-6-sol', messages: [{ role: 'user' as const, content: `${aBrief()}\n${aNotesFence()}` }] };

let folder: string;
let upstream: Simulator;
let bench: Bench | undefined;
const open = async (replay: ReplayOptions, seed: string): Promise<Bench> => {
  await bench?.simulator.close();
  bench = await startBench({ replay, seed, defects: NO_DEFECTS });
  return bench;
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulator-replay-'));
  upstream = await startSimulator({ seed: 'upstream', defects: NO_DEFECTS });
});
afterEach(async () => {
  await Promise.all([upstream.close(), bench?.simulator.close(), rm(folder, { recursive: true, force: true })]);
  bench = undefined;
});

describe.each([
  { kind: 'a file', name: 'replies.json' },
  { kind: 'a directory', name: 'replies' },
])('replies recorded in $kind', ({ name }) => {
  const path = () => join(folder, name);

  it('come from the upstream once, and are told again without it, streamed or not', async () => {
    const recording = await open({ path: path(), onMiss: 'record', upstream: upstream.url }, 'other');
    const first = await recording.openai.chat.completions.create(ASKED);
    await recording.openai.chat.completions.create(ASKED);
    expect(upstream.calls()).toHaveLength(1);
    await upstream.close();

    const replaying = await open({ path: path(), onMiss: 'fail' }, 'a third');
    const again = await replaying.openai.chat.completions.create({ ...ASKED, temperature: 0.9 });
    expect(again.choices[0]?.message.content).toBe(first.choices[0]?.message.content);
    const chunks = await collect(await replaying.openai.chat.completions.create({ ...ASKED, stream: true }));
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe(
      first.choices[0]?.message.content,
    );
  });

  it('leave other requests to the simulator, or fail them', async () => {
    const writing = await open({ path: path() }, 'other');
    expect((await writing.openai.chat.completions.create(ASKED)).choices[0]?.message.content).not.toBe('');
    expect(existsSync(path())).toBe(false);
    const strict = await open({ path: path(), onMiss: 'fail' }, 'other');
    await expect(strict.openai.chat.completions.create(ASKED)).rejects.toMatchObject({ status: 404 });
  });
});

describe('recording', () => {
  it('keeps no key, works for both vendors, and does not record failures', async () => {
    const path = join(folder, 'replies');
    const { openai, anthropic } = await open({ path, onMiss: 'record', upstream: upstream.url }, 'other');
    await openai.chat.completions.create(ASKED);
    await anthropic.messages.create({ model: 'claude-opus-5-5', max_tokens: 500, messages: ASKED.messages });
    upstream.addFaults({ effect: { kind: 'status', status: 500 } });
    await expect(openai.chat.completions.create({ ...ASKED, model: 'gpt-6-luna' })).rejects.toMatchObject({
      status: 502,
    });
    const files = await readdir(path);
    expect(files).toHaveLength(2);
    for (const file of files) expect(await readFile(join(path, file), 'utf8')).not.toContain('sk-test');
  });

  it.each(['https://api.openai.com', 'http://10.0.0.1:80', undefined])(
    'refuses %s, which is not this machine',
    async (elsewhere) => {
      const replay: ReplayOptions = {
        path: folder,
        onMiss: 'record',
        ...(elsewhere !== undefined && { upstream: elsewhere }),
      };
      await expect(startSimulator({ replay })).rejects.toThrow('this machine');
    },
  );
});
