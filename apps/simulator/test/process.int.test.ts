import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

describe('the simulator as a process', () => {
  let child: ChildProcess | undefined;
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'pressroom-simulator-'));
  });
  afterEach(() => {
    child?.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });

  const start = (env: Record<string, string> = {}): ChildProcess => {
    child = spawn(process.execPath, [MAIN], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, SIMULATOR_LATENCY_SCALE: '0', PRESSROOM_HOME: home, ...env },
    });
    return child;
  };
  const ready = async (started: ChildProcess): Promise<{ type: string; url: string; controlUrl: string }> => {
    const [message] = (await once(started, 'message')) as [{ type: string; url: string; controlUrl: string }];
    return message;
  };

  it('sends its addresses to the parent and writes nothing to stdout', async () => {
    const started = start();
    let output = '';
    started.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const message = await ready(started);
    expect(message.type).toBe('ready');
    expect((await fetch(`${message.url}/v1/models`, { headers: { authorization: 'Bearer k' } })).status).toBe(200);
    expect(output).toBe('');
  });

  it('logs the base URLs for workers, with the path of each vendor', async () => {
    const started = start();
    let output = '';
    started.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const { url } = await ready(started);
    await vi.waitFor(() => {
      expect(output).toContain(
        `"PRESSROOM_SIMULATOR_URL":"${url}","OPENAI_BASE_URL":"${url}/v1","ANTHROPIC_BASE_URL":"${url}"`,
      );
    });
  });

  it('stores the token of its control port in a file that only its owner can read', async () => {
    const started = start();
    let output = '';
    started.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const { controlUrl } = await ready(started);
    const file = join(home, 'simulator-control-token');
    const token = readFileSync(file, 'utf8').trim();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const calls = `${controlUrl}/calls`;
    expect((await fetch(calls)).status).toBe(401);
    expect((await fetch(calls, { headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
    expect(output).not.toContain(token);
  });

  it('reads the token of its control port from the environment without writing a file', async () => {
    const token = 'a-token-of-24-characters';
    const { controlUrl } = await ready(start({ PRESSROOM_SIMULATOR_CONTROL_TOKEN: token }));
    const response = await fetch(`${controlUrl}/healthz`, { headers: { authorization: `Bearer ${token}` } });
    expect(response.status).toBe(200);
    expect(() => statSync(join(home, 'simulator-control-token'))).toThrow('ENOENT');
  });

  it.each([
    { title: 'SIGTERM', stop: (started: ChildProcess) => started.kill('SIGTERM') },
    { title: 'SIGINT', stop: (started: ChildProcess) => started.kill('SIGINT') },
    {
      title: 'the disconnect of its parent',
      stop: (started: ChildProcess) => {
        started.disconnect();
      },
    },
  ])('exits immediately on $title', async ({ stop }) => {
    const started = start({ SIMULATOR_LATENCY_SCALE: '100' });
    const { url } = await ready(started);
    const pending = fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer k' },
      body: JSON.stringify({ model: 'gpt-6-sol', messages: [{ role: 'user', content: 'Hi' }] }),
    }).catch(() => 'broken');
    stop(started);
    const [code] = (await once(started, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(await pending).toBe('broken');
  });

  it('reports an invalid environment and does not start', async () => {
    const started = start({ PRESSROOM_SIMULATOR_PORT: 'x' });
    let output = '';
    started.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(started, 'exit')) as [number | null];
    expect(code).toBe(1);
    expect(output).toContain('PRESSROOM_SIMULATOR_PORT');
  });
});
