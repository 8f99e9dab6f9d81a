import { afterEach, describe, expect, it } from 'vitest';

import { createClient } from './create-client.ts';
import {
  answerEvents,
  answerProblem,
  hangUp,
  startScriptedServer,
  type Script,
} from './testing/start-scripted-server.ts';
import type { WatchOptions } from './watch-events.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const allSeen: Script = (response) => response.writeHead(204).end();

async function setUp(...script: Script[]) {
  const server = await startScriptedServer(...script);
  open.push(server.close);
  const waits: number[] = [];
  const client = createClient({
    baseUrl: server.url,
    apiKey: 'k',
    sleep: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
  });
  const collect = async (options?: WatchOptions): Promise<number[]> => {
    const seqs: number[] = [];
    for await (const { seq } of client.tasks.events('1', options)) seqs.push(seq);
    return seqs;
  };
  const resumedFrom = () => server.seen.map(({ headers }) => headers['last-event-id']);
  return { client, collect, resumedFrom, waits, seen: server.seen };
}

describe('tasks.events', () => {
  it('yields every event in order and ends with the stream', async () => {
    const { collect, resumedFrom, seen } = await setUp(answerEvents([1, 2, 3]), allSeen);
    expect(await collect()).toEqual([1, 2, 3]);
    expect(resumedFrom()).toEqual([undefined, '3']);
    expect(seen[0]?.headers.accept).toBe('text/event-stream');
  });

  it('resumes after the last event when the connection breaks, without repeating events', async () => {
    const { collect, resumedFrom } = await setUp(answerEvents([1, 2], 'break'), answerEvents([2, 3, 4]), allSeen);
    expect(await collect()).toEqual([1, 2, 3, 4]);
    expect(resumedFrom()).toEqual([undefined, '2', '4']);
  });

  it('backs off while the server is unavailable', async () => {
    const { collect, waits } = await setUp(answerEvents([1], 'break'), hangUp, hangUp, answerEvents([2]), allSeen);
    expect(await collect()).toEqual([1, 2]);
    // The server's Retry-After was 5 ms.
    expect(waits).toEqual([5, 5, 10]);
  });

  it('waits for the Retry-After of a busy server', async () => {
    const { collect, waits } = await setUp(
      answerProblem(503, 'UNAVAILABLE', { 'Retry-After': '3' }),
      answerEvents([1]),
      allSeen,
    );
    expect(await collect()).toEqual([1]);
    expect(waits).toEqual([3_000]);
  });

  it('fails after too many attempts without events', async () => {
    const { collect, seen } = await setUp(hangUp, hangUp, hangUp);
    await expect(collect({ maxSilentAttempts: 3 })).rejects.toThrow('no response');
    expect(seen).toHaveLength(3);
  });

  it('backs off when streams end without events', async () => {
    const { collect, waits } = await setUp(answerEvents([]), answerEvents([]), answerEvents([1]), allSeen);
    expect(await collect()).toEqual([1]);
    expect(waits).toEqual([5, 10]);
  });

  it('throws immediately when the task cannot be watched', async () => {
    const { collect, seen } = await setUp(answerProblem(404, 'NOT_FOUND'));
    await expect(collect()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(seen).toHaveLength(1);
  });

  it('starts after the given event', async () => {
    const { collect, resumedFrom } = await setUp(answerEvents([8]), allSeen);
    expect(await collect({ afterSeq: 7 })).toEqual([8]);
    expect(resumedFrom()[0]).toBe('7');
  });

  it('ends without an error when it is aborted', async () => {
    const endless: Script = (response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(': hello\n\n');
      abort.abort();
    };
    const abort = new AbortController();
    const { collect } = await setUp(endless);
    expect(await collect({ signal: abort.signal })).toEqual([]);
  });

  it('closes the connection when the caller stops iterating', async () => {
    let closed: Promise<void> | undefined;
    const endless: Script = (response, request) => {
      closed = new Promise((resolve) => {
        response.once('close', resolve);
      });
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(`id: 1\ndata: {"seq":1,"path":"${request.path}"}\n\n`);
    };
    const { client } = await setUp(endless);
    for await (const event of client.tasks.events('1')) {
      expect(event.seq).toBe(1);
      break;
    }
    await closed;
  });
});
