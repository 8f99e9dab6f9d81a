import { afterEach, describe, expect, it } from 'vitest';

import { ApiError, ConnectionError } from './api-error.ts';
import { createClient } from './create-client.ts';
import {
  answerJson,
  answerProblem,
  hangUp,
  startScriptedServer,
  type Script,
} from './testing/start-scripted-server.ts';

const TASK = { type: 'article', input: { topic: 'Lighthouses' } };
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function setUp(...script: Script[]) {
  const server = await startScriptedServer(...script);
  open.push(server.close);
  const waits: number[] = [];
  const client = createClient({
    baseUrl: `${server.url}/`,
    apiKey: 'secret-key',
    sleep: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
  });
  return { client, seen: server.seen, waits };
}

describe('createClient', () => {
  it('submits a task with the API key and a generated idempotency key', async () => {
    const { client, seen } = await setUp(answerJson(202, { id: '1' }), answerJson(202, { id: '2' }));
    await client.tasks.create(TASK);
    await client.tasks.create(TASK);
    expect(seen[0]).toMatchObject({ method: 'POST', path: '/v1/tasks', body: TASK });
    expect(seen[0]?.headers.authorization).toBe('Bearer secret-key');
    expect(seen[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
    expect(seen[1]?.headers['idempotency-key']).not.toBe(seen[0]?.headers['idempotency-key']);
  });

  it('retries a submission with the same key after the server’s Retry-After', async () => {
    const { client, seen, waits } = await setUp(
      answerProblem(503, 'UNAVAILABLE', { 'Retry-After': '2' }),
      hangUp,
      answerJson(202, { id: '1' }),
    );
    await expect(client.tasks.create(TASK)).resolves.toMatchObject({ id: '1' });
    expect(new Set(seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(waits).toEqual([2_000, 500]);
  });

  it('fails after three retries', async () => {
    const { client, seen } = await setUp(...Array.from({ length: 4 }, () => answerProblem(429, 'BACKLOG_FULL')));
    await expect(client.tasks.create(TASK)).rejects.toMatchObject({ code: 'BACKLOG_FULL' });
    expect(seen).toHaveLength(4);
  });

  it('throws the problem with its invalid fields, and does not retry an invalid request', async () => {
    const { client, seen } = await setUp(
      answerJson(400, {
        type: '/docs#VALIDATION_FAILED',
        title: 'Validation failed',
        status: 400,
        code: 'VALIDATION_FAILED',
        detail: 'the request has a fault',
        errors: [{ path: 'input.topic', message: 'is required' }],
      }),
    );
    const failure: unknown = await client.tasks.create({ type: 'article', input: {} }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApiError);
    expect(failure).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
    expect((failure as ApiError).message).toBe(
      'VALIDATION_FAILED: the request has a fault\n  input.topic: is required',
    );
    expect(seen).toHaveLength(1);
  });

  it('throws an ApiError for a response that is not a problem document', async () => {
    const { client } = await setUp((response) => response.writeHead(403).end('<html>'));
    await expect(client.tasks.get('1')).rejects.toMatchObject({ status: 403 });
  });

  it('throws a ConnectionError without a response', async () => {
    const client = createClient({ baseUrl: 'http://127.0.0.1:1', apiKey: 'k', maxRetries: 0 });
    await expect(client.taskTypes()).rejects.toBeInstanceOf(ConnectionError);
  });

  it('omits the key from errors', async () => {
    const client = createClient({ baseUrl: 'http://127.0.0.1:1', apiKey: 'secret-key', maxRetries: 0 });
    const failure: unknown = await client.taskTypes().catch((error: unknown) => error);
    expect(JSON.stringify(failure) + String(failure)).not.toContain('secret-key');
  });

  it('sends only the given filters', async () => {
    const { client, seen } = await setUp(answerJson(200, { items: [], nextCursor: null }), answerJson(200, {}));
    await client.tasks.list({ status: 'failed', limit: 5, tag: 'a b&c' });
    await client.tasks.list();
    expect(seen.map(({ path }) => path)).toEqual(['/v1/tasks?status=failed&limit=5&tag=a+b%26c', '/v1/tasks']);
  });

  it('fetches a document in the requested format', async () => {
    const { client, seen } = await setUp((response) => response.end('# Title'));
    await expect(client.tasks.document('1', 'markdown', { partial: true })).resolves.toBe('# Title');
    expect(seen[0]).toMatchObject({ path: '/v1/tasks/1/result?partial=true', headers: { accept: 'text/markdown' } });
  });

  it('unwraps lists of steps and calls', async () => {
    const { client } = await setUp(
      answerJson(200, { items: [{ key: 'a' }] }),
      answerJson(200, { items: [{ id: 'b' }] }),
    );
    await expect(client.tasks.steps('1')).resolves.toEqual([{ key: 'a' }]);
    await expect(client.tasks.calls('1')).resolves.toEqual([{ id: 'b' }]);
  });
});
