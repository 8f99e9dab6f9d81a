import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Secret, silentLogger, systemClock } from '@pressroom/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { createTools, ToolsConfig, type Toolbox } from '../src/index.ts';
import { handbookOverHttp } from './support/mcp-handbook.http.ts';
import { serve, stopServers } from './support/serve.ts';

const TOKEN = 'canary-handbook-token-5c2d';
const query = (question: string) => ({ question, terms: [], language: 'en' });
const never = new AbortController().signal;
const tool = { name: 'search', arguments: { limit: 7 }, results: 5 };

const boxes: Toolbox[] = [];
const directories: string[] = [];
afterEach(async () => {
  await Promise.all(boxes.splice(0).map((box) => box.close()));
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
  await stopServers();
});

function aBox(mcp: unknown[]): Toolbox {
  const box = createTools({
    config: ToolsConfig.parse({ mcp }),
    secrets: new Map([['HANDBOOK_TOKEN', new Secret(TOKEN)]]),
    userAgent: 'Pressroom/1.0',
    clock: systemClock,
    log: silentLogger(),
  });
  boxes.push(box);
  return box;
}

const HANDBOOK = [
  { title: 'Handbook on trees', text: '# Handbook on trees\n\nThe handbook says that 7 trees suffice.' },
  { title: 'https://handbook.example/trees', url: 'https://handbook.example/trees', text: 'Resource on trees.' },
];

describe('an MCP server over stdio', () => {
  function aServer() {
    const directory = mkdtempSync(join(tmpdir(), 'pressroom-mcp-'));
    directories.push(directory);
    const file = join(directory, 'events');
    const server = {
      name: 'handbook',
      command: process.execPath,
      args: [new URL('support/mcp-handbook.stdio.ts', import.meta.url).pathname, file],
      variables: ['HANDBOOK_TOKEN'],
      tools: [tool],
    };
    const events = (): string[] => {
      try {
        return readFileSync(file, 'utf8').trim().split('\n');
      } catch {
        return [];
      }
    };
    const pids = (): number[] =>
      events()
        .flatMap((line) => /^started (\d+)$/.exec(line)?.[1] ?? [])
        .map(Number);
    return { server, events, pids };
  }
  const isAlive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it('starts on first use, and calls the listed tool with the configured arguments', async () => {
    const { server, events } = aServer();
    const box = aBox([server]);
    expect(box.offers.map(({ name }) => name)).toEqual(['handbook/search']);
    expect(events()).toEqual([]);
    await expect(box.search('handbook/search', query('What about trees?'), never)).resolves.toEqual(HANDBOOK);
    expect(events().filter((line) => !line.startsWith('started'))).toEqual([`search What about trees? 7 ${TOKEN}`]);
  });

  it('ends with the toolbox', async () => {
    const { server, pids } = aServer();
    const box = aBox([server]);
    await box.search('handbook/search', query('What about trees?'), never);
    const started = pids();
    expect(started.length).toBeGreaterThan(0);
    await box.close();
    await expect.poll(() => started.some(isAlive), { timeout: 5_000 }).toBe(false);
    await expect(box.search('handbook/search', query('Again?'), never)).rejects.toMatchObject({
      code: 'TOOL_UNAVAILABLE',
    });
  });

  it.each(['close', 'kill'] as const)('ends although it ignores signals, after a %s', async (how) => {
    const directory = mkdtempSync(join(tmpdir(), 'pressroom-mcp-'));
    directories.push(directory);
    const file = join(directory, 'events');
    const program = fileURLToPath(new URL('support/mcp-stubborn.stdio.ts', import.meta.url));
    const pids = () => [...readFileSync(file, 'utf8').matchAll(/started (\d+)/g)].map((match) => Number(match[1]));
    if (how === 'close') {
      const args = [program, file];
      const box = aBox([{ name: 'handbook', command: process.execPath, args, tools: [tool] }]);
      await box.search('handbook/search', query('What about trees?'), never);
      await box.close();
    } else {
      const client = fork(new URL('support/mcp-client.process.ts', import.meta.url), [program, file]);
      await once(client, 'message');
      client.kill('SIGKILL');
    }
    const started = pids();
    expect(started.length).toBeGreaterThan(0);
    await expect.poll(() => started.some(isAlive), { timeout: 10_000 }).toBe(false);
  });

  it('restarts after it has ended', async () => {
    const { server, pids } = aServer();
    const box = aBox([server]);
    await box.search('handbook/search', query('What about trees?'), never);
    const before = pids();
    for (const pid of before) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    await expect.poll(() => before.some(isAlive), { timeout: 5_000 }).toBe(false);
    const answers = () =>
      box.search('handbook/search', query('And now?'), never).then(
        () => true,
        () => false,
      );
    await expect.poll(answers, { timeout: 10_000 }).toBe(true);
    expect(pids().length).toBeGreaterThan(before.length);
  });

  it.each([
    { title: 'errors', question: 'fail', message: 'handbook/search returned an error' },
    { title: 'returns endless data', question: 'endless', message: 'handbook/search: it failed' },
  ])('is skipped when it $title, without its text in the error', async ({ question, message }) => {
    const { server } = aServer();
    const error = await aBox([server])
      .search('handbook/search', query(question), never)
      .catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'TOOL_UNAVAILABLE', message });
    expect((error as Error).message).not.toContain(TOKEN);
  });

  it('is skipped when it cannot be started', async () => {
    const box = aBox([{ name: 'handbook', command: '/nonexistent/program', tools: [tool] }]);
    await expect(box.search('handbook/search', query('x'), never)).rejects.toMatchObject({
      code: 'TOOL_UNAVAILABLE',
      message: 'handbook could not be reached',
      mayBeBilled: false,
    });
  });
});

describe('an MCP server over HTTP', () => {
  it('receives a call of the listed tool with the configured arguments and the token', async () => {
    const events: string[] = [];
    const { url } = await serve(handbookOverHttp((what) => events.push(what), TOKEN));
    const box = aBox([{ name: 'handbook', url: `${url}/mcp`, keyVariable: 'HANDBOOK_TOKEN', tools: [tool] }]);
    await expect(box.search('handbook/search', query('What about trees?'), never)).resolves.toEqual(HANDBOOK);
    expect(events).toContain('search What about trees? 7 ');
    expect(events).not.toContain('deleted');
    expect(events.filter((line) => line.startsWith('GET'))).toEqual([]);
  });

  it.each([
    { title: 'refuses the token', listener: handbookOverHttp(() => undefined, 'another') },
    {
      title: 'is broken',
      listener: (_: unknown, response: { writeHead(status: number): { end(text: string): void } }) => {
        response.writeHead(500).end(`secret ${TOKEN}`);
      },
    },
  ])('is skipped when it $title', async ({ listener }) => {
    const { url } = await serve(listener);
    const box = aBox([{ name: 'handbook', url: `${url}/mcp`, keyVariable: 'HANDBOOK_TOKEN', tools: [tool] }]);
    const error = await box.search('handbook/search', query('x'), never).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'TOOL_UNAVAILABLE', message: 'handbook could not be reached' });
  });

  it('does not follow redirects of the server', async () => {
    let reached = 0;
    const elsewhere = await serve((_, response) => {
      reached += 1;
      response.end();
    });
    const { url } = await serve((_, response) => {
      response.writeHead(307, { location: `${elsewhere.url}/mcp` }).end();
    });
    const box = aBox([{ name: 'handbook', url: `${url}/mcp`, tools: [tool] }]);
    await expect(box.search('handbook/search', query('x'), never)).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE' });
    expect(reached).toBe(0);
  });
});
