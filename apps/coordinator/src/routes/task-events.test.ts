import { TaskEvent } from '@pressroom/contracts';
import { until } from '@pressroom/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { secretOf, startTestServer, type TestServer } from '../testing/start-test-server.ts';

let server: TestServer;
let id: string;
beforeEach(async () => {
  server = await startTestServer({ heartbeatMs: 30 });
  id = await server.submit();
});
afterEach(() => server.close());

interface Watching {
  status: number;
  events: TaskEvent[];
  /** Comments and other lines that are no event. */
  raw: () => string;
  ended: Promise<void>;
  isEnded: () => boolean;
  leave: () => void;
}

/** Opens the stream and collects what comes in. */
async function watch(options: { lastEventId?: string; query?: string } = {}): Promise<Watching> {
  const abort = new AbortController();
  const response = await server.call(`/v1/tasks/${id}/events${options.query ?? ''}`, {
    signal: abort.signal,
    headers: {
      Accept: 'text/event-stream',
      ...(options.lastEventId !== undefined && { 'Last-Event-ID': options.lastEventId }),
    },
  });
  const events: TaskEvent[] = [];
  let raw = '';
  let isEnded = false;
  const read = async (): Promise<void> => {
    if (response.body === null) return;
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      raw += chunk;
      events.length = 0;
      for (const block of raw.split('\n\n').slice(0, -1)) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data === undefined) continue;
        const event = TaskEvent.parse(JSON.parse(data));
        expect(block).toContain(`id: ${event.seq}\nevent: ${event.type}\n`);
        events.push(event);
      }
    }
  };
  const ended = read()
    .catch(() => undefined)
    .then(() => {
      isEnded = true;
    });
  return {
    status: response.status,
    events,
    raw: () => raw,
    ended,
    isEnded: () => isEnded,
    leave: () => {
      abort.abort();
    },
  };
}

const seqs = (watching: Watching): number[] => watching.events.map(({ seq }) => seq);

describe('GET /v1/tasks/{id}/events', () => {
  it('replays from the start, continues live, and ends after the terminal event', async () => {
    server.stores.emit(id, 'task.started');
    const watching = await watch();
    await until(() => watching.events.length === 2);
    server.stores.emit(id, 'step.started', { step: 'research' });
    await until(() => watching.events.length === 3);
    server.stores.finish(id, 'completed');
    await watching.ended;
    expect(watching.events.map(({ type }) => type)).toEqual([
      'task.accepted',
      'task.started',
      'step.started',
      'task.completed',
    ]);
  });

  it('resumes after the last event that was seen, from the header or the query', async () => {
    server.stores.emit(id, 'task.started');
    server.stores.emit(id, 'step.started');
    server.stores.finish(id);
    const byHeader = await watch({ lastEventId: '2' });
    const byQuery = await watch({ query: '?lastEventId=3' });
    await Promise.all([byHeader.ended, byQuery.ended]);
    expect(seqs(byHeader)).toEqual([3, 4]);
    expect(seqs(byQuery)).toEqual([4]);
  });

  it('answers 204 when the task has ended and everything was seen, so that clients stop reconnecting', async () => {
    server.stores.finish(id);
    expect((await watch({ lastEventId: '2' })).status).toBe(204);
    expect((await watch({ lastEventId: '999999999999999' })).status).toBe(204);
  });

  it.each(['-1', 'x', '1.5', '1e3'])('answers 400 for the event id %s', async (lastEventId) => {
    expect((await watch({ lastEventId })).status).toBe(400);
  });

  it('shows money as a decimal string of dollars', async () => {
    server.stores.emit(id, 'cost.updated', { spentNano: '4200000' });
    const watching = await watch();
    await until(() => watching.events.length === 2);
    expect(watching.events[1]?.data).toEqual({ usd: '0.004200000' });
  });

  it('keeps a quiet connection alive with comments', async () => {
    const watching = await watch();
    await until(() => watching.raw().includes(': keep-alive'));
    expect(watching.raw()).toMatch(/^retry: \d+\n\n/);
  });

  it('serves many watchers from one poll of the feed', async () => {
    const watchers = await Promise.all(Array.from({ length: 20 }, () => watch()));
    await until(() => watchers.every(({ events }) => events.length === 1));
    const before = server.stores.state.feedCalls;
    server.stores.emit(id, 'task.started');
    await until(() => watchers.every(({ events }) => events.length === 2));
    // A poll every 10 ms or so, not one for each watcher.
    expect(server.stores.state.feedCalls - before).toBeLessThan(20);
  });

  it('forgets a watcher who leaves', async () => {
    const watching = await watch();
    await until(() => server.events.subscriberCount === 1);
    watching.leave();
    await until(() => server.events.subscriberCount === 0);
  });

  it('ends for a client that waits for an event of the future, once the task has ended', async () => {
    const watching = await watch({ lastEventId: '500' });
    server.stores.finish(id);
    await watching.ended;
    expect(watching.events).toEqual([]);
  });

  it('ends soon after its key was revoked', async () => {
    const watching = await watch();
    await until(() => server.events.subscriberCount === 1);
    server.stores.revokeKey(secretOf('operate'));
    await until(() => watching.isEnded(), { timeoutMs: 3_000 });
  });

  it('survives an outage of the store and delivers afterwards', async () => {
    const watching = await watch();
    await until(() => watching.events.length === 1);
    server.stores.state.mode = 'down';
    await until(() => watching.raw().split(': keep-alive').length > 2);
    server.stores.state.mode = 'up';
    server.stores.finish(id);
    await watching.ended;
    expect(watching.events.at(-1)?.type).toBe('task.completed');
  });

  it('closes when the process shuts down, and takes no new watcher', async () => {
    const watching = await watch();
    await until(() => server.events.subscriberCount === 1);
    server.events.close();
    await watching.ended;
    expect((await watch()).status).toBe(503);
  });

  it('answers 406 to a client that wants something else', async () => {
    const response = await server.call(`/v1/tasks/${id}/events`, { headers: { Accept: 'application/json' } });
    expect(response.status).toBe(406);
  });
});
