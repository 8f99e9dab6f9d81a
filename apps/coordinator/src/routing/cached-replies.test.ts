import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import { until } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { A_TASK, secretOf, startTestServer, type TestCaller, type TestServer } from '../testing/start-test-server.ts';

let server: TestServer;
let id: string;
beforeAll(async () => {
  server = await startTestServer();
  const task = { ...A_TASK, input: { topic: 'Lights', sources: [{ text: 'lighthouse keepers '.repeat(5_000) }] } };
  id = ((await (await server.call('/v1/tasks', { method: 'POST', json: task })).json()) as { id: string }).id;
});
afterAll(() => server.close());

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A request whose reply stays as it came; fetch would decompress it. */
function get(
  path: string,
  headers: Record<string, string> = {},
  as: TestCaller = 'operate',
  method = 'GET',
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const all = { Authorization: `Bearer ${secretOf(as)}`, ...headers };
    httpRequest(`${server.url}${path}`, { method, headers: all, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
      response.on('error', reject);
    })
      .on('error', reject)
      .end();
  });
}

describe('a reply to GET', () => {
  it.each([
    ['gzip', gunzipSync],
    ['br', brotliDecompressSync],
  ] as const)('is compressed as the caller accepts: %s', async (encoding, decompress) => {
    const plain = await get(`/v1/tasks/${id}`);
    const reply = await get(`/v1/tasks/${id}`, { 'Accept-Encoding': encoding });
    expect(reply.headers['content-encoding']).toBe(encoding);
    expect(decompress(reply.body).equals(plain.body)).toBe(true);
    expect(reply.body.length).toBeLessThan(plain.body.length / 10);
    expect(reply.headers.etag).toBe(plain.headers.etag);
  });

  it.each(['identity', 'gzip;q=0', 'compress', ''])('is plain for Accept-Encoding: %s', async (accepted) => {
    const reply = await get(`/v1/tasks/${id}`, { 'Accept-Encoding': accepted });
    expect(reply.headers['content-encoding']).toBeUndefined();
    expect(Number(reply.headers['content-length'])).toBe(reply.body.length);
  });

  it('is plain when it is small, and so is what answers a POST', async () => {
    const small = await get(`/v1/tasks/${id}/steps`, { 'Accept-Encoding': 'gzip' });
    expect(small.headers['content-encoding']).toBeUndefined();
    const posted = await server.call('/v1/tasks/bulk', {
      method: 'POST',
      json: new Array(20).fill(A_TASK),
      headers: { 'Accept-Encoding': 'gzip' },
    });
    expect(posted.headers.get('content-encoding')).toBeNull();
  });

  it('may be kept by its caller only, who has to ask each time', async () => {
    const { headers } = await get(`/v1/tasks/${id}`);
    expect(headers['cache-control']).toBe('private, no-cache');
    expect(headers.vary?.split(', ').sort()).toEqual(['Accept', 'Accept-Encoding', 'Authorization']);
    expect(headers.etag).toMatch(/^W\/"[\w-]{27}"$/);
  });

  it('is not sent again to a caller that has it', async () => {
    const { headers } = await get(`/v1/tasks/${id}`, { 'Accept-Encoding': 'br' });
    const tag = headers.etag ?? '';
    for (const header of [tag, `"other", ${tag}`, tag.slice(2), '*']) {
      const reply = await get(`/v1/tasks/${id}`, { 'If-None-Match': header, 'Accept-Encoding': 'gzip' });
      expect(reply.status).toBe(304);
      expect(reply.body.length).toBe(0);
      expect(reply.headers.etag).toBe(tag);
    }
    expect((await get(`/v1/tasks/${id}`, { 'If-None-Match': 'W/"other"' })).status).toBe(200);
    expect((await get(`/v1/tasks/${id}`, { 'If-None-Match': tag }, 'operate', 'HEAD')).status).toBe(304);
  });

  it('has another tag once what it shows has changed', async () => {
    const before = (await get(`/v1/tasks/${id}`)).headers.etag ?? '';
    server.stores.patchTask(id, { priority: 1 });
    expect((await get(`/v1/tasks/${id}`, { 'If-None-Match': before })).status).toBe(200);
  });

  it('reveals nothing to another tenant by its ETag', async () => {
    const tag = (await get(`/v1/tasks/${id}`)).headers.etag ?? '';
    for (const header of [tag, '*']) {
      expect((await get(`/v1/tasks/${id}`, { 'If-None-Match': header }, 'stranger')).status).toBe(404);
      const list = await get('/v1/tasks', { 'If-None-Match': tag }, 'stranger');
      expect(list.status).toBe(200);
    }
  });

  it('carries no tag and is not kept when it is an error, a probe or a secret', async () => {
    const replies = [
      await get('/v1/tasks/0190a000-0000-7000-8000-00000000ffff'),
      await get('/healthz'),
      await get('/readyz'),
      await get('/metrics', {}, 'monitor'),
    ];
    for (const { headers } of replies) {
      expect(headers.etag).toBeUndefined();
      expect(headers['cache-control']).toBe('no-store');
    }
    const key = await server.call('/v1/keys', { as: 'admin', method: 'POST', json: { role: 'monitor' } });
    expect(key.headers.get('cache-control')).toBe('no-store');
    expect(key.headers.get('etag')).toBeNull();
  });

  it('is not compressed when it is an event stream, whose events come one by one', async () => {
    const response = await server.call(`/v1/tasks/${id}/events`, { headers: { 'Accept-Encoding': 'gzip' } });
    expect(response.headers.get('content-encoding')).toBeNull();
    const reader = response.body?.getReader();
    let text = '';
    await until(async () => {
      text += Buffer.from((await reader?.read())?.value ?? []).toString();
      return text.includes('task.accepted');
    });
    await reader?.cancel();
  });
});
