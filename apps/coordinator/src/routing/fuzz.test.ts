import { connect } from 'node:net';

import { newId } from '@pressroom/runtime';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { A_TASK, secretOf, startTestServer, type TestServer } from '../testing/start-test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

/** Sends bytes, and answers what came back until the connection was closed or 300 ms passed without more. */
function exchange(bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let answer = '';
    const done = (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setEncoding('latin1').setTimeout(300, done);
    socket
      .on('data', (text: string) => (answer += text))
      .on('close', done)
      .on('error', done);
    socket.end(bytes);
  });
}

const JSON_TYPE = { 'Content-Type': 'application/json' };

/** Bodies that get past the first look: a valid task with one field replaced by anything. */
const almostATask = fc
  .tuple(
    fc.constantFrom('type', 'input', 'lane', 'priority', 'budgetUsd', 'metadata', 'tags', 'runAt', 'approvals', 'x'),
    fc.jsonValue(),
  )
  .map(([field, value]) => ({ ...A_TASK, [field]: value }));

const almostAnInput = fc
  .tuple(fc.constantFrom('topic', 'sources', 'language', 'sections', 'keywords', '__proto__'), fc.jsonValue())
  .map(([field, value]) =>
    JSON.stringify({ type: 'article', input: { topic: 'Lights' } }).replace(
      '"topic":"Lights"',
      `"topic":"Lights",${JSON.stringify(field)}:${JSON.stringify(value)}`,
    ),
  );

describe('whatever is sent', () => {
  it('is accepted or refused, and never breaks the server: any JSON', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.jsonValue(), almostATask),
        fc.option(fc.string({ maxLength: 300 })),
        async (json, key) => {
          const headers = key === null ? {} : { 'Idempotency-Key': encodeURIComponent(key) };
          const response = await server.call('/v1/tasks', { method: 'POST', json, headers });
          await response.text();
          expect(response.status).toBeLessThan(500);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is accepted or refused, and never breaks the server: any input', async () => {
    await fc.assert(
      fc.asyncProperty(almostAnInput, async (body) => {
        const response = await server.call('/v1/tasks', { method: 'POST', body, headers: JSON_TYPE });
        await response.text();
        expect([202, 400]).toContain(response.status);
      }),
      { numRuns: 100 },
    );
  });

  it('is accepted or refused, and never breaks the server: any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const headers = { 'Content-Type': 'application/x-ndjson' };
        const response = await server.call('/v1/tasks/bulk', { method: 'POST', body: Buffer.from(bytes), headers });
        await response.text();
        expect(response.status).toBeLessThan(500);
      }),
      { numRuns: 100 },
    );
  });

  it('is accepted or refused, and never breaks the server: requests that are damaged on the way or cut off', async () => {
    const body = JSON.stringify(A_TASK);
    const whole = Buffer.from(
      `POST /v1/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secretOf('operate')}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
    const damage = fc.record({
      at: fc.nat({ max: whole.length - 1 }),
      bytes: fc.uint8Array({ maxLength: 6 }),
      cutAt: fc.option(fc.nat({ max: whole.length }), { freq: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, bytes, cutAt }) => {
        const request = Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + bytes.length)]);
        const answer = await exchange(request.subarray(0, cutAt ?? request.length));
        if (answer !== '') expect(answer).toMatch(/^HTTP\/1\.1 (100|2|4)/);
      }),
      { numRuns: 200 },
    );
    expect((await server.call('/healthz')).status).toBe(200);
    expect(server.logLines.join('')).not.toContain('http.failed');
  });

  it('is cut off without a trace when its caller leaves in the middle of the reply', async () => {
    const paths = ['/openapi.json', '/docs', '/v1/tasks?limit=200', '/v1/task-types'];
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        const leaving = new AbortController();
        const response = await server.call(paths[n % paths.length] ?? '/', { signal: leaving.signal });
        const reading = response.text().catch(() => 'left');
        leaving.abort();
        await reading;
      }),
    );
    expect((await server.call('/healthz')).status).toBe(200);
    expect(server.logLines.join('')).not.toContain('http.failed');
  });

  it.each(['PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'PURGE', 'QUERY'])(
    'is answered with what is allowed when the method is %s',
    async (method) => {
      for (const path of ['/v1/tasks', '/healthz', '/v1/fleet']) {
        const answer = await exchange(
          Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
        );
        expect(answer).toMatch(/^HTTP\/1\.1 405 /);
        expect(answer).toMatch(/\r\nAllow: .*GET/);
        expect(answer).toContain('application/problem+json');
      }
    },
  );

  it.each([
    '/v1/%',
    '/v1/tasks/%zz',
    '/%c0%ae%c0%ae/',
    '/v1/tasks/%00',
    '//v1/tasks',
    '/v1/tasks/%E0%A4%A',
    '*',
    'http://x/v1/tasks',
  ])('is answered with a problem when the target is %s', async (target) => {
    const answer = await exchange(
      Buffer.from(
        `GET ${target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secretOf('operate')}\r\nConnection: close\r\n\r\n`,
      ),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 (200|400|404) /);
    if (!answer.startsWith('HTTP/1.1 200')) expect(answer).toContain('application/problem+json');
  });

  it('is never taken into a prototype: __proto__, constructor and prototype in bodies and patches', async () => {
    const names = ['__proto__', 'constructor', 'prototype'];
    const paths = ['/v1/tasks', '/v1/schedules', `/v1/dead-letters/${newId()}/redrive`, `/v1/tasks/${newId()}/approve`];
    for (const name of names) {
      const poison = `{"${name}":{"polluted":true},"patch":{"${name}":{"polluted":true}},"edits":{"${name}":{"polluted":true}},"gate":"final"}`;
      for (const path of paths) {
        const response = await server.call(path, { method: 'POST', body: poison, headers: JSON_TYPE });
        expect(response.status).toBeLessThan(500);
        expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
      }
    }
  });

  it('is accepted or refused, and never breaks the server: any path and query', async () => {
    await fc.assert(
      fc.asyncProperty(fc.webPath(), fc.webQueryParameters(), async (path, query) => {
        const response = await server.call(`/v1/tasks${path}?${query}`);
        await response.text();
        expect(response.status).toBeLessThan(500);
      }),
      { numRuns: 100 },
    );
  });
});
