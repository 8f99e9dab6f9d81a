import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { A_TASK, secretOf, startTestServer, type TestServer } from './testing/start-test-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

/** Sends bytes that fetch would not, and answers all that comes back. */
function raw(request: string): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write(request.replaceAll('\n', '\r\n'));
  return text(socket);
}

describe('every response', () => {
  it.each(['/', '/healthz', '/v1/tasks', '/nowhere'])('has an id and the security headers: %s', async (path) => {
    const { headers } = await server.call(path);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('echoes a plain request id and replaces a strange one', async () => {
    const idFor = async (given: string) =>
      (await server.call('/healthz', { headers: { 'X-Request-Id': given } })).headers.get('x-request-id');
    expect(await idFor('trace-1.2:3')).toBe('trace-1.2:3');
    expect(await idFor('a b')).not.toBe('a b');
    expect(await idFor('x'.repeat(129))).toHaveLength(36);
  });
});

describe('an unknown route', () => {
  it.each(['/nowhere', '/v1', '/v1/nothing', '/v1/tasks/x/y/z', '/V1/tasks', '/assets/../package.json'])(
    'answers 404 as a problem: %s',
    async (path) => {
      const response = await server.call(path);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(await response.json()).toMatchObject({ code: 'NOT_FOUND', status: 404, type: '/docs#NOT_FOUND' });
    },
  );
});

describe('a wrong method', () => {
  it.each([
    ['PUT', '/v1/tasks', 'POST, GET, HEAD, OPTIONS'],
    ['DELETE', '/v1/tasks', 'POST, GET, HEAD, OPTIONS'],
    ['PATCH', '/v1/tasks/0190a000-0000-7000-8000-000000000001', 'GET, DELETE, HEAD, OPTIONS'],
    ['GET', '/v1/tasks/0190a000-0000-7000-8000-000000000001/cancel', 'POST, OPTIONS'],
    ['POST', '/healthz', 'GET, HEAD, OPTIONS'],
  ])('answers 405 with what is allowed: %s %s', async (method, path, allow) => {
    const response = await server.call(path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe(allow);
    expect(await response.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
  });

  it('is returned by OPTIONS, without a key', async () => {
    const response = await server.call('/v1/tasks', { method: 'OPTIONS', as: null });
    expect(response.status).toBe(204);
    expect(response.headers.get('allow')).toBe('POST, GET, HEAD, OPTIONS');
  });

  it('is not HEAD where GET is served', async () => {
    const response = await server.call('/v1/tasks', { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(0);
    const id = await server.submit();
    expect((await server.call(`/v1/tasks/${id}/events`, { method: 'HEAD' })).status).toBe(200);
  });
});

describe('logs', () => {
  const lines = () => server.logLines.map((line) => JSON.parse(line) as Record<string, unknown>);

  it('hold one line a request, with the route template', async () => {
    const id = await server.submit();
    await server.call(`/v1/tasks/${id}`);
    expect(lines()).toEqual([
      expect.objectContaining({ msg: 'http.request', method: 'POST', route: '/v1/tasks', status: 202 }),
      expect.objectContaining({ msg: 'http.request', method: 'GET', route: '/v1/tasks/:id', status: 200 }),
    ]);
  });

  it('never hold keys, bodies, topics or query strings', async () => {
    await server.call('/v1/tasks', { method: 'POST', json: { ...A_TASK, input: { topic: 'the secret merger' } } });
    await server.call('/v1/tasks', {
      method: 'POST',
      body: '{"topic": the secret',
      headers: { 'Content-Type': 'application/json' },
    });
    await server.call('/v1/tasks?tag=project-x');
    const text = server.logLines.join('');
    for (const secret of ['secret merger', 'the secret', 'project-x', secretOf('operate')]) {
      expect(text).not.toContain(secret);
    }
  });

  it('log an internal error once, at level error, with the request id of the reply', async () => {
    server.stores.ports.queries.list = () => Promise.reject(new Error('relation "task" does not exist'));
    const broken = await startTestServer({ queries: server.stores.ports.queries, keys: server.stores.ports.keys });
    const response = await broken.call('/v1/tasks');
    expect(response.status).toBe(500);
    const body = (await response.json()) as Record<string, unknown>;
    expect(JSON.stringify(body)).not.toContain('relation');
    const failures = broken.logLines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === 'http.failed');
    expect(failures).toEqual([
      expect.objectContaining({ level: 50, requestId: body['requestId'], route: '/v1/tasks' }),
    ]);
    await broken.close();
  });
});

describe('requests that no client library sends', () => {
  it('do not bring a duplicated header into a key', async () => {
    const answer = await raw(
      `POST /v1/tasks HTTP/1.1\nHost: x\nAuthorization: Bearer ${secretOf('operate')}\nContent-Type: application/json\nIdempotency-Key: a\nIdempotency-Key: b\nContent-Length: 2\nConnection: close\n\n{}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('Idempotency-Key');
  });

  it('are answered when they are not HTTP at all', async () => {
    expect(await raw('NONSENSE\n\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect((await server.call('/healthz')).status).toBe(200);
  });

  it('do not outlive a caller who hangs up in the middle of a body', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    const head = `POST /v1/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secretOf('operate')}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"type"`;
    await new Promise<void>((resolve) => {
      socket.write(head, () => {
        resolve();
      });
    });
    await server.call('/healthz');
    socket.destroy();
    await server.call('/healthz');
    expect(server.stores.submissions).toEqual([]);
    expect(server.logLines.join('')).not.toContain('http.failed');
  });
});
