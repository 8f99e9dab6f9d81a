import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import { afterEach, describe, expect, it } from 'vitest';

import { createOriginFetch } from './origin-fetch.ts';

const running: Server[] = [];
afterEach(async () => {
  await Promise.all(
    running.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('fetch for one origin', () => {
  it('sends the library’s method, headers and body to that origin', async () => {
    let seen = '';
    const origin = await serve((request, response) => {
      request.on('data', (chunk: Buffer) => (seen += chunk.toString()));
      request.on('end', () => response.end(`${request.method ?? ''} ${String(request.headers['x-a'])}`));
    });
    const fetchOrigin = createOriginFetch({ origin, maxBytes: 100 });
    const response = await fetchOrigin(`${origin}/mcp`, { method: 'POST', headers: { 'x-a': 'b' }, body: 'hello' });
    expect(await response.text()).toBe('POST b');
    expect(seen).toBe('hello');
  });

  it('rejects every other origin without connecting', async () => {
    let requests = 0;
    const other = await serve((_, response) => {
      requests += 1;
      response.end();
    });
    const fetchOrigin = createOriginFetch({ origin: 'http://127.0.0.1:1', maxBytes: 100 });
    await expect(fetchOrigin(`${other}/mcp`)).rejects.toMatchObject({ code: 'EGRESS_BLOCKED' });
    expect(requests).toBe(0);
  });

  it('rejects redirects, including those to the same origin', async () => {
    const origin = await serve((request, response) => {
      response.writeHead(request.url === '/a' ? 307 : 200, { location: '/b' }).end('b');
    });
    await expect(createOriginFetch({ origin, maxBytes: 100 })(`${origin}/a`)).rejects.toMatchObject({
      code: 'EGRESS_BLOCKED',
    });
  });

  it('stops reading a response that is too large, compressed or not', async () => {
    const origin = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(10_000_000)));
    });
    const response = await createOriginFetch({ origin, maxBytes: 1_000_000 })(origin);
    await expect(response.text()).rejects.toMatchObject({ code: 'FETCH_TOO_LARGE' });
  });
});
