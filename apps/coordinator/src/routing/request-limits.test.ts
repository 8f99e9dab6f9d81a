import { connect, type Socket } from 'node:net';

import type { Problem } from '@pressroom/contracts';
import { until } from '@pressroom/testkit';
import { afterEach, describe, expect, it } from 'vitest';

import { RequestLimits } from '../core/request-limits.ts';
import { A_TASK, secretOf, startTestServer, type TestCaller, type TestServer } from '../testing/start-test-server.ts';

const MIB = 1_024 * 1_024;
const opened: { destroy(): void }[] = [];
const servers: TestServer[] = [];

afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(limits: Parameters<typeof RequestLimits.parse>[0] = {}): Promise<TestServer> {
  const server = await startTestServer({ limits: RequestLimits.parse(limits) });
  servers.push(server);
  return server;
}

interface Raw {
  socket: Socket;
  /** Everything received. */
  received: () => string;
  closed: () => boolean;
}

/** A connection on which a test writes what it likes. */
function open(server: TestServer, head: string): Raw {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  opened.push(socket);
  let received = '';
  let isClosed = false;
  socket.setEncoding('latin1').on('data', (text: string) => (received += text));
  socket.on('error', () => undefined).on('close', () => (isClosed = true));
  socket.write(head.replaceAll('\n', '\r\n'));
  return { socket, received: () => received, closed: () => isClosed };
}

const post = (as: TestCaller, headers: string, path = '/v1/tasks'): string =>
  `POST ${path} HTTP/1.1\nHost: x\nAuthorization: Bearer ${secretOf(as)}\nContent-Type: application/json\n${headers}\n\n`;
const submit = (server: TestServer, as: TestCaller): Promise<Response> =>
  server.call('/v1/tasks', { as, method: 'POST', json: A_TASK });
const problemOf = async (response: Response): Promise<Problem> => (await response.json()) as Problem;

describe('a body that is refused', () => {
  it('is not requested by `100 Continue` when its declared size is too large', async () => {
    const server = await start();
    const raw = open(server, post('operate', `Content-Length: ${3 * MIB}\nExpect: 100-continue`));
    await until(() => raw.received().includes('BODY_TOO_LARGE'));
    expect(raw.received()).toMatch(/^HTTP\/1\.1 413 /);
    expect(raw.received()).not.toContain('100 Continue');
  });

  it('is requested by `100 Continue` when its declared size is accepted', async () => {
    const server = await start();
    const body = JSON.stringify(A_TASK);
    const raw = open(server, post('operate', `Content-Length: ${body.length}\nExpect: 100-continue`));
    await until(() => raw.received().includes('100 Continue'));
    raw.socket.write(body);
    await until(() => raw.received().includes('HTTP/1.1 202 '));
  });

  it('is dropped up to a bound, then the connection is closed', async () => {
    const server = await start();
    const raw = open(server, post('view', 'Transfer-Encoding: chunked'));
    const chunk = `${(65_536).toString(16)}\r\n${'x'.repeat(65_536)}\r\n`;
    const send = (): void => {
      while (!raw.closed() && raw.socket.write(chunk));
    };
    raw.socket.on('drain', send);
    send();
    await until(raw.closed);
    expect(raw.received()).toMatch(/^HTTP\/1\.1 403 /);
  });

  it.each(['gzip', 'br', 'deflate', 'gzip, identity'])('is never decompressed: %s', async (encoding) => {
    const server = await start();
    const response = await server.call('/v1/tasks', {
      method: 'POST',
      body: 'x',
      headers: { 'Content-Type': 'application/json', 'Content-Encoding': encoding },
    });
    expect(response.status).toBe(415);
    expect(response.headers.get('accept-encoding')).toBe('identity');
  });
});

describe('bodies in flight', () => {
  const held = { bodyBytes: { process: 8 * MIB, tenant: 3 * MIB, key: 2 * MIB } };

  it('are limited for each key, and what is in the way is named with the way out', async () => {
    const server = await start(held);
    open(server, `${post('operate', `Content-Length: ${2 * MIB}`)}{`);
    await until(async () => (await submit(server, 'operate')).status === 429);
    const response = await submit(server, 'operate');
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await problemOf(response)).toMatchObject({
      code: 'CONCURRENCY_LIMITED',
      limit: { name: 'bodyBytes', scope: 'key', value: 2 * MIB },
      detail: expect.stringContaining('send smaller bodies, or fewer at once') as string,
    });
    expect((await submit(server, 'submit')).status).toBe(202);
  });

  it('are limited for each tenant over its keys, and another tenant does not notice', async () => {
    const server = await start(held);
    open(server, `${post('operate', `Content-Length: ${2 * MIB}`)}{`);
    open(server, `${post('submit', `Content-Length: ${MIB}`)}{`);
    await until(async () => (await submit(server, 'operate')).status === 429);
    expect((await problemOf(await submit(server, 'submit'))).limit).toMatchObject({ scope: 'tenant' });
    expect((await submit(server, 'stranger')).status).toBe(202);
  });

  it('are given back when the caller hangs up', async () => {
    const server = await start(held);
    const raw = open(server, `${post('operate', `Content-Length: ${2 * MIB}`)}{`);
    await until(async () => (await submit(server, 'operate')).status === 429);
    raw.socket.destroy();
    await until(async () => (await submit(server, 'operate')).status === 202);
    const metrics = await (await server.call('/metrics', { as: 'monitor' })).text();
    expect(metrics).toContain('pressroom_http_in_flight{kind="bodyBytes"} 0');
    expect(metrics).toMatch(/pressroom_http_limit_refusals_total\{kind="bodyBytes",reason="key"\} [1-9]/);
    expect(metrics).toContain(`pressroom_http_limit{kind="bodyBytes",reason="key"} ${2 * MIB}`);
  });

  it('of a bulk request wait for each other instead of being refused', async () => {
    const server = await start(held);
    const task = { ...A_TASK, input: { topic: 'Lights', sources: [{ text: 'word '.repeat(60_000) }] } };
    const response = await server.call('/v1/tasks/bulk', { method: 'POST', json: new Array(40).fill(task) });
    expect(await response.json()).toMatchObject({ accepted: 40, rejected: 0 });
  });

  it('that arrive slowly do not use up the time for the stores', async () => {
    const server = await start();
    const body = JSON.stringify(A_TASK);
    const raw = open(server, post('operate', `Content-Length: ${body.length}`));
    raw.socket.write(body.slice(0, 10));
    // The test server gives its stores 100 ms.
    const startedMs = performance.now();
    await until(() => performance.now() - startedMs > 150);
    raw.socket.write(body.slice(10));
    await until(() => raw.received().startsWith('HTTP/1.1 202 '));
  });
});

describe('open requests', () => {
  it('are limited for each key; event streams do not count', async () => {
    const server = await start({ openRequests: { process: 10, tenant: 4, key: 2 } });
    const id = await server.submit();
    const streams = await Promise.all(Array.from({ length: 3 }, () => server.call(`/v1/tasks/${id}/events`)));
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200]);
    open(server, `${post('operate', 'Content-Length: 100')}{`);
    open(server, `${post('operate', 'Content-Length: 100')}{`);
    await until(async () => (await server.call('/v1/tasks')).status === 429);
    expect((await server.call('/v1/tasks', { as: 'stranger' })).status).toBe(200);
    expect((await server.call('/healthz', { as: null })).status).toBe(200);
    for (const stream of streams) await stream.body?.cancel();
  });
});

describe('replies that are not read', () => {
  const large = { type: 'article', input: { topic: 'Lights', sources: [{ text: 'x y '.repeat(90_000) }] } };
  const get = (id: string): string =>
    `GET /v1/tasks/${id} HTTP/1.1\nHost: x\nAuthorization: Bearer ${secretOf('operate')}\n\n`;

  it('count against the key until they are read; others are served', async () => {
    const server = await start({ replyBytes: { process: 8 * MIB, tenant: 4 * MIB, key: 2 * MIB } });
    const id = ((await (await server.call('/v1/tasks', { method: 'POST', json: large })).json()) as { id: string }).id;
    const readers = Array.from({ length: 8 }, () => open(server, ''));
    for (const { socket } of readers) socket.pause();
    // The kernel takes the first megabytes of each connection; from then on replies stay with the coordinator.
    await until(
      async () => {
        for (const { socket } of readers) socket.write(get(id).repeat(3).replaceAll('\n', '\r\n'));
        return (await server.call(`/v1/tasks/${id}`)).status === 429;
      },
      { timeoutMs: 15_000 },
    );
    const problem = await problemOf(await server.call(`/v1/tasks/${id}`));
    expect(problem).toMatchObject({ code: 'CONCURRENCY_LIMITED', limit: { name: 'replyBytes', scope: 'key' } });
    expect((await submit(server, 'operate')).status).toBe(202);
    expect((await server.call('/v1/tasks', { as: 'stranger' })).status).toBe(200);
    for (const socket of opened.splice(0)) socket.destroy();
    await until(async () => (await server.call(`/v1/tasks/${id}`)).status === 200);
  });

  it('are cut when nothing is read for too long', async () => {
    const server = await start({ replyStallMs: 100 });
    const id = ((await (await server.call('/v1/tasks', { method: 'POST', json: large })).json()) as { id: string }).id;
    const raw = open(server, '');
    raw.socket.pause();
    // The kernel takes the first megabytes; the reply after them is the one that stalls.
    await until(
      () => {
        if (raw.socket.writable) raw.socket.write(get(id).repeat(5).replaceAll('\n', '\r\n'));
        return server.logLines.some((line) => line.includes('"aborted":true'));
      },
      { timeoutMs: 15_000 },
    );
  });
});

describe('what is no request', () => {
  it.each([
    [
      'headers that are too large',
      `GET / HTTP/1.1\nHost: x\nX-Big: ${'x'.repeat(20_000)}\n\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
    [
      'a query that is too large',
      `GET /v1/tasks?q=${'x'.repeat(20_000)} HTTP/1.1\nHost: x\n\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
    ['a method that does not exist', 'BREW /pot HTTP/1.1\nHost: x\n\n', 400, 'MALFORMED_REQUEST'],
    ['two lengths', 'POST / HTTP/1.1\nHost: x\nContent-Length: 1\nContent-Length: 2\n\n', 400, 'MALFORMED_REQUEST'],
    ['a line break in a header', 'GET / HTTP/1.1\nHost: x\nX: a\rb\n\n', 400, 'MALFORMED_REQUEST'],
  ])('is answered with a problem: %s', async (_name, request, status, code) => {
    const server = await start();
    const raw = open(server, request);
    await until(raw.closed);
    expect(raw.received()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(raw.received()).toContain('application/problem+json');
    expect(raw.received()).toContain(`"code":"${code}"`);
  });

  it.each([
    ['headers', 'GET /healthz HTTP/1.1\nHost: x\nX-Slow: '],
    ['a body', `${post('operate', 'Content-Length: 100')}{`],
  ])('is answered with 408 when it comes too slowly: %s', async (_name, beginning) => {
    const server = await start({ headersTimeoutMs: 200, requestTimeoutMs: 200 });
    const raw = open(server, beginning);
    await until(raw.closed);
    expect(raw.received()).toMatch(/^HTTP\/1\.1 408 /);
    expect(raw.received()).toContain('REQUEST_TIMED_OUT');
  });

  it('ends quietly when the chunks of its body are broken', async () => {
    const server = await start();
    const raw = open(server, `${post('operate', 'Transfer-Encoding: chunked')}5\nhello\nnonsense\n`);
    await until(raw.closed);
    expect(raw.received()).toMatch(/^(HTTP\/1\.1 400 |$)/);
    expect((await server.call('/healthz', { as: null })).status).toBe(200);
    expect(server.logLines.join('')).not.toContain('http.failed');
  });
});
