import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

import { afterEach, describe, expect, it } from 'vitest';

import { createGuardedFetch, type FetchLimits, type Resolve } from './guarded-fetch.ts';
import { allowEndpoints } from './vet-target.ts';

const running: (Server | TcpServer)[] = [];
afterEach(async () => {
  await Promise.all(
    running.splice(0).map((server) => {
      if ('closeAllConnections' in server) server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
});

async function serve(listener: RequestListener): Promise<{ port: number; url: string }> {
  return listen(createServer(listener));
}

async function listen(server: Server | TcpServer): Promise<{ port: number; url: string }> {
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}/` };
}

/** A fetch that may reach 127.0.0.1 at the given ports, like an administrator's exception. */
const fetchAllowing = (ports: number[], options: { limits?: Partial<FetchLimits>; resolve?: Resolve } = {}) =>
  createGuardedFetch({ ...options, allow: allowEndpoints(ports.map((port) => `127.0.0.1:${port}`)) });

const html: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<p>café</p>');
};

describe('guarded fetch', () => {
  it('fetches and decodes a document', async () => {
    const { port, url } = await serve(html);
    await expect(fetchAllowing([port])(url)).resolves.toMatchObject({
      url,
      status: 200,
      contentType: 'text/html',
      charset: 'utf-8',
      text: '<p>café</p>',
      redirects: [],
    });
  });

  it('sends the name as host, without cookies and referrer', async () => {
    let headers: Record<string, unknown> = {};
    const { port } = await serve((request, response) => {
      headers = request.headers;
      html(request, response);
    });
    await fetchAllowing([port], { resolve: () => Promise.resolve(['127.0.0.1']) })(`http://site.example:${port}/`);
    expect(headers).toMatchObject({ host: `site.example:${port}`, 'accept-encoding': 'gzip, deflate, br' });
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['cookie']));
    expect(headers).not.toHaveProperty('referer');
    expect(headers).not.toHaveProperty('authorization');
  });

  it('returns the bytes of binary content when that is accepted', async () => {
    const { port, url } = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/pdf' }).end('%PDF-1.7');
    });
    const document = await fetchAllowing([port])(url, { accept: ['application/pdf'] });
    expect(document).toMatchObject({ text: undefined, charset: undefined });
    expect(Buffer.from(document.bytes).toString()).toBe('%PDF-1.7');
  });

  it('decompresses content', async () => {
    const { port, url } = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end(gzipSync('hello'));
    });
    await expect(fetchAllowing([port])(url)).resolves.toMatchObject({ text: 'hello' });
  });

  describe('blocks', () => {
    it('a loopback server that is not allowed, without connecting', async () => {
      let connections = 0;
      const { url } = await listen(createTcpServer(() => (connections += 1)));
      await expect(createGuardedFetch()(url)).rejects.toMatchObject({ code: 'EGRESS_BLOCKED', retryable: false });
      expect(connections).toBe(0);
    });

    it('a name that resolves to a private address, without revealing it', async () => {
      const fetch = createGuardedFetch({ resolve: () => Promise.resolve(['8.8.8.8', '10.11.12.13']) });
      const error = await fetch('http://example.com/').catch((thrown: unknown) => thrown as Error);
      expect(error).toMatchObject({
        code: 'EGRESS_BLOCKED',
        message: 'example.com is refused: it does not resolve to a public address',
      });
    });

    it('a redirect into a private network', async () => {
      const inner = await serve(html);
      const outer = await serve((_, response) => {
        response.writeHead(302, { location: inner.url }).end();
      });
      await expect(fetchAllowing([outer.port])(outer.url)).rejects.toMatchObject({ code: 'EGRESS_BLOCKED' });
    });

    it.each([
      'file:///etc/passwd',
      'http://169.254.169.254/latest/meta-data/',
      'http://u:p@example.com/',
      'gopher://x/',
    ])('a redirect to %s', async (location) => {
      const { port, url } = await serve((_, response) => {
        response.writeHead(301, { location }).end();
      });
      await expect(fetchAllowing([port])(url)).rejects.toMatchObject({ code: 'EGRESS_BLOCKED' });
    });

    it('a name whose addresses change between check and connection', async () => {
      const { port } = await serve(html);
      let asked = 0;
      const rebinding: Resolve = () => {
        asked += 1;
        return Promise.resolve([asked === 1 ? '127.0.0.1' : '10.0.0.1']);
      };
      const fetch = fetchAllowing([port], { resolve: rebinding });
      // The connection uses the checked addresses; the name is not resolved again.
      await expect(fetch(`http://rebind.example:${port}/`)).resolves.toMatchObject({ status: 200 });
      expect(asked).toBe(1);
      await expect(fetch(`http://rebind.example:${port}/`)).rejects.toMatchObject({ code: 'EGRESS_BLOCKED' });
    });
  });

  describe('content that contradicts its declared type', () => {
    const claiming = (type: string, body: string | Buffer, headers: Record<string, string> = {}) =>
      serve((_, response) => {
        response.writeHead(200, { 'content-type': type, ...headers }).end(body);
      });

    it.each([
      ['an image declared as HTML', 'text/html', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a])],
      ['a page declared as PDF', 'application/pdf', '<html>Please log in</html>'],
      ['text with zero bytes', 'text/plain', 'a\u0000b'],
    ])('is refused: %s', async (_, type, body) => {
      const { port, url } = await claiming(type, body);
      await expect(fetchAllowing([port])(url, { accept: ['text/*', 'application/pdf'] })).rejects.toMatchObject({
        code: 'FETCH_UNSUPPORTED_TYPE',
        message: `the content does not match its declared type ${type}`,
      });
    });

    it('is rejected when it is compressed twice', async () => {
      const nested = gzipSync(gzipSync(Buffer.alloc(10_000_000)));
      const { port, url } = await claiming('text/plain', nested, { 'content-encoding': 'gzip' });
      await expect(fetchAllowing([port])(url)).rejects.toMatchObject({ code: 'FETCH_UNSUPPORTED_TYPE' });
    });

    it('is accepted as a PDF under any declared type, when PDFs are accepted', async () => {
      const { port, url } = await claiming('text/plain', '%PDF-1.7');
      await expect(fetchAllowing([port])(url)).rejects.toMatchObject({ code: 'FETCH_UNSUPPORTED_TYPE' });
      const document = await fetchAllowing([port])(url, { accept: ['text/plain', 'application/pdf'] });
      expect(document).toMatchObject({ contentType: 'application/pdf', text: undefined });
    });
  });

  describe('headers of a call', () => {
    it('are sent to the first origin only, not to redirect targets', async () => {
      const seen: unknown[] = [];
      const outer = await serve((request, response) => {
        seen.push(request.headers['x-key']);
        html(request, response);
      });
      const { port, url } = await serve((request, response) => {
        seen.push(request.headers['x-key']);
        response.writeHead(302, { location: request.url === '/' ? '/again' : outer.url }).end();
      });
      await fetchAllowing([port, outer.port])(url, { headers: { 'x-key': 'secret' } });
      expect(seen).toEqual(['secret', 'secret', undefined]);
    });
  });

  describe('the check before every hop', () => {
    it('receives each URL and can prevent the request', async () => {
      const requests: (string | undefined)[] = [];
      const { port, url } = await serve((request, response) => {
        requests.push(request.url);
        if (request.url === '/') response.writeHead(302, { location: '/private' }).end();
        else html(request, response);
      });
      const asked: string[] = [];
      const beforeHop = (hop: URL): Promise<void> => {
        asked.push(hop.pathname);
        return hop.pathname === '/private' ? Promise.reject(new Error('prevented')) : Promise.resolve();
      };
      await expect(fetchAllowing([port])(url, { beforeHop })).rejects.toThrow('prevented');
      expect(asked).toEqual(['/', '/private']);
      expect(requests).toEqual(['/']);
    });

    it('follows the check of the address', async () => {
      let isAsked = false;
      const beforeHop = (): Promise<void> => {
        isAsked = true;
        return Promise.resolve();
      };
      await expect(createGuardedFetch()('http://127.0.0.1/', { beforeHop })).rejects.toMatchObject({
        code: 'EGRESS_BLOCKED',
      });
      expect(isAsked).toBe(false);
    });
  });

  describe('a body that may be truncated', () => {
    it.each([
      ['as it is', (body: Buffer) => body, undefined],
      ['with gzip', gzipSync, 'gzip'],
      ['with deflate', deflateSync, 'deflate'],
      ['with brotli', brotliCompressSync, 'br'],
    ] as const)('is truncated to its limit, %s', async (_, pack, encoding) => {
      const { port, url } = await serve((__, response) => {
        response
          .writeHead(200, { 'content-type': 'text/plain', ...(encoding && { 'content-encoding': encoding }) })
          .end(pack(Buffer.alloc(2_000_000, 'x')));
      });
      const { text } = await fetchAllowing([port])(url, { maxBytes: 1_000, overflow: 'cut' });
      expect(text).toBe('x'.repeat(1_000));
    });
  });

  describe('redirects', () => {
    it('are followed and recorded', async () => {
      const { port, url } = await serve((request, response) => {
        if (request.url === '/end') html(request, response);
        else response.writeHead(307, { location: request.url === '/' ? '/middle' : 'end' }).end();
      });
      await expect(fetchAllowing([port])(url)).resolves.toMatchObject({
        url: `${url}end`,
        redirects: [url, `${url}middle`],
      });
    });

    it('are limited', async () => {
      let requests = 0;
      const { port, url } = await serve((_, response) => {
        requests += 1;
        response.writeHead(302, { location: '/again' }).end();
      });
      await expect(fetchAllowing([port])(url)).rejects.toMatchObject({
        code: 'FETCH_FAILED',
        message: 'more than 5 redirects',
      });
      expect(requests).toBe(6);
    });
  });

  describe('limits', () => {
    it('refuse a body announced as too large before reading it', async () => {
      const { port, url } = await serve((_, response) => {
        response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '5000000000' });
        response.write('x');
      });
      await expect(fetchAllowing([port])(url)).rejects.toMatchObject({ code: 'FETCH_TOO_LARGE' });
    });

    it('stop a body that exceeds its limit', async () => {
      let sent = 0;
      const { port, url } = await serve((_, response) => {
        response.writeHead(200, { 'content-type': 'text/plain' });
        const more = () => {
          while (!response.destroyed && sent < 1e9 && response.write(Buffer.alloc(65_536))) sent += 65_536;
        };
        response.on('drain', more);
        more();
      });
      await expect(fetchAllowing([port])(url, { maxBytes: 100_000 })).rejects.toMatchObject({
        code: 'FETCH_TOO_LARGE',
      });
      expect(sent).toBeLessThan(100_000_000);
    });

    it.each([
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
    ] as const)('stop a small body that decompresses to a large one, with %s', async (encoding, pack) => {
      const bomb = pack(Buffer.alloc(50_000_000));
      const { port, url } = await serve((_, response) => {
        response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': encoding }).end(bomb);
      });
      expect(bomb.length).toBeLessThan(100_000);
      await expect(fetchAllowing([port])(url, { maxBytes: 1_000_000 })).rejects.toMatchObject({
        code: 'FETCH_TOO_LARGE',
      });
    });

    it('reject oversized headers', async () => {
      const { port, url } = await serve((_, response) => {
        response.writeHead(200, { 'content-type': 'text/plain', 'x-filler': 'x'.repeat(30_000) }).end('x');
      });
      await expect(fetchAllowing([port])(url)).rejects.toMatchObject({ code: 'FETCH_TOO_LARGE' });
    });

    it('time out on a slow body', async () => {
      const timers: NodeJS.Timeout[] = [];
      const { port, url } = await serve((_, response) => {
        response.writeHead(200, { 'content-type': 'text/plain' });
        timers.push(setInterval(() => response.write('x'), 10));
      });
      const drip = fetchAllowing([port], { limits: { minBytesPerSecond: 10_000, rateGraceMs: 50 } });
      await expect(drip(url)).rejects.toMatchObject({
        code: 'FETCH_TIMED_OUT',
        message: 'the response is slower than 10000 bytes a second',
      });
      timers.forEach(clearInterval);
    });

    it('time out on a server that does not start to respond', async () => {
      const { port, url } = await serve(() => undefined);
      await expect(fetchAllowing([port])(url, { timeoutMs: 50 })).rejects.toMatchObject({
        code: 'FETCH_TIMED_OUT',
        message: 'the response took longer than 50 ms',
      });
    });

    it('time out on a name server that does not respond', async () => {
      const fetch = createGuardedFetch({ resolve: () => new Promise(() => undefined) });
      await expect(fetch('http://example.com/', { timeoutMs: 20 })).rejects.toMatchObject({ code: 'FETCH_TIMED_OUT' });
    });
  });

  it.each(['image/png', 'application/octet-stream', ''])('rejects content of type %j', async (type) => {
    const { port, url } = await serve((_, response) => {
      response.writeHead(200, type === '' ? {} : { 'content-type': type }).end('x');
    });
    await expect(fetchAllowing([port])(url)).rejects.toMatchObject({
      code: 'FETCH_UNSUPPORTED_TYPE',
      retryable: false,
    });
  });

  it.each(['zstd', 'gzip, gzip', 'rot13'])('rejects content encoded with %s', async (encoding) => {
    const { port, url } = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': encoding }).end('x');
    });
    await expect(fetchAllowing([port])(url)).rejects.toMatchObject({ code: 'FETCH_UNSUPPORTED_TYPE' });
  });

  it.each([
    { status: 404, retryable: false },
    { status: 410, retryable: false },
    { status: 429, retryable: true },
    { status: 500, retryable: true },
    { status: 503, retryable: true },
    { status: 304, retryable: false },
  ])('fails on status $status, retryable: $retryable', async ({ status, retryable }) => {
    const { port, url } = await serve((_, response) => {
      response.writeHead(status, { 'content-type': 'text/html', 'retry-after': '7' }).end();
    });
    await expect(fetchAllowing([port])(url)).rejects.toMatchObject({
      code: 'FETCH_FAILED',
      status,
      retryable,
      retryAfterMs: 7_000,
      message: `127.0.0.1 answered with status ${status}`,
    });
  });

  it.each<[string, (end: (data: string) => void) => void]>([
    [
      'closes without an answer',
      (end) => {
        end('');
      },
    ],
    [
      'does not speak HTTP',
      (end) => {
        end('SSH-2.0-OpenSSH_9\r\n');
      },
    ],
    [
      'breaks off',
      (end) => {
        end('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 100\r\n\r\nx');
      },
    ],
    [
      'sends damaged gzip',
      (end) => {
        end('HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nnope');
      },
    ],
  ])('fails with a retryable error when the server %s', async (_, answer) => {
    const { port, url } = await listen(
      createTcpServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => {
          answer((data) => socket.end(data));
        });
      }),
    );
    await expect(fetchAllowing([port])(url)).rejects.toMatchObject({ code: 'FETCH_FAILED', retryable: true });
  });

  it('fails when the connection is refused', async () => {
    const { port, url } = await serve(html);
    await new Promise((resolve) => running.pop()?.close(resolve));
    await expect(fetchAllowing([port])(url)).rejects.toMatchObject({ code: 'FETCH_FAILED', retryable: true });
  });

  it('fails permanently when the name does not exist', async () => {
    const fetch = createGuardedFetch({
      resolve: () => Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })),
    });
    await expect(fetch('https://nowhere.example/')).rejects.toMatchObject({
      code: 'FETCH_FAILED',
      retryable: false,
      message: 'the name nowhere.example does not exist',
    });
  });

  it('rejects with the reason of the caller’s abort', async () => {
    const controller = new AbortController();
    const { port, url } = await serve(() => {
      controller.abort(new Error('lease lost'));
    });
    await expect(fetchAllowing([port])(url, { signal: controller.signal })).rejects.toThrow('lease lost');
  });
});

describe('an internal name', () => {
  it.each([
    'http://localhost/',
    'http://LOCALHOST./',
    'http://a.localhost/',
    'http://metadata.google.internal./computeMetadata/v1/',
    'http://printer.local../',
    'http://intranet/',
    'http://db.corp:80/',
    'http://router.home.arpa/',
    'http://ｌｏｃａｌｈｏｓｔ/',
  ])('is rejected before it is resolved: %s', async (url) => {
    const asked: string[] = [];
    const fetchDocument = createGuardedFetch({
      resolve: (hostname) => {
        asked.push(hostname);
        return Promise.resolve(['8.8.8.8']);
      },
    });
    await expect(fetchDocument(url)).rejects.toMatchObject({
      code: 'EGRESS_BLOCKED',
      message: expect.stringContaining('its name is internal') as string,
    });
    expect(asked).toEqual([]);
  });

  it.each([
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://[::ffff:127.0.0.1]/',
  ])('is rejected without a resolver, as is an address in another notation: %s', async (url) => {
    const fetchDocument = createGuardedFetch({ resolve: () => Promise.reject(new Error('resolved')) });
    await expect(fetchDocument(url)).rejects.toMatchObject({ code: 'EGRESS_BLOCKED' });
  });
});
