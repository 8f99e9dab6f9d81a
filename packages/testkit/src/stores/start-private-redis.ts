import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { findFreePort, systemClock } from '@pressroom/runtime';

export interface PrivateRedis {
  url: string;
  port: number;
  pid: number;
  /** Suspends the process (SIGSTOP); `resume` continues it. */
  pause(): void;
  resume(): void;
  /** Sends one command and returns the unparsed reply. */
  command(...words: string[]): Promise<string>;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 10_000;
const POLL_MS = 20;

/**
 * Starts a separate `redis-server` on a free port, without persistence. Returns `undefined` when the program is not
 * installed. The caller stops it.
 */
export async function startPrivateRedis(
  options: { port?: number; args?: string[] } = {},
): Promise<PrivateRedis | undefined> {
  const port = options.port ?? (await findFreePort());
  const dir = mkdtempSync(join(tmpdir(), 'pressroom-redis-'));
  const flags = { port, bind: '127.0.0.1', dir, save: '', appendonly: 'no', 'maxmemory-policy': 'noeviction' };
  const argv = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn('redis-server', [...argv, ...(options.args ?? [])], { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => {
    child.once('error', () => {
      resolve();
    });
    child.once('exit', () => {
      resolve();
    });
  });
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
    rmSync(dir, { recursive: true, force: true });
  };
  const killOnExit = () => child.kill('SIGKILL');
  process.once('exit', killOnExit);
  void exited.then(() => process.off('exit', killOnExit));

  const deadline = systemClock.monotonicMs() + READY_TIMEOUT_MS;
  for (;;) {
    await systemClock.sleep(POLL_MS);
    if (child.pid === undefined) {
      rmSync(dir, { recursive: true, force: true });
      return undefined;
    }
    // Another process may have taken the port: the reply must come from the started one.
    if ((await readProcessId(port)) === child.pid) break;
    if (child.exitCode !== null || systemClock.monotonicMs() > deadline) {
      await stop();
      throw new Error(`redis-server did not start on port ${port}`);
    }
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid: child.pid,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    command: (...words) => sendCommand(port, words),
    stop,
  };
}

function sendCommand(port: number, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write(`${words.join(' ')}\r\n`));
    socket.setEncoding('utf8').setTimeout(2_000, () => socket.destroy(new Error('Redis does not answer')));
    socket.on('data', (reply: string) => {
      resolve(reply);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

function readProcessId(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write('INFO server\r\n'));
    let reply = '';
    socket.setEncoding('utf8').setTimeout(1_000, () => socket.destroy());
    socket.on('data', (chunk: string) => {
      reply += chunk;
      if (/process_id:\d+\r\n/.test(reply)) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      const pid = /process_id:(\d+)/.exec(reply)?.[1];
      resolve(pid === undefined ? undefined : Number(pid));
    });
  });
}
