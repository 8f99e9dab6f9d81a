import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import { systemClock } from '@pressroom/runtime';
import { afterEach, describe, expect, it } from 'vitest';

import { createFetchPage } from './fetch-page.ts';

const running: Server[] = [];
afterEach(async () => {
  await Promise.all(
    running.splice(0).map((server) => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    }),
  );
});

const never = new AbortController().signal;

/** A site with pages by path; other paths return 404, including robots.txt. */
async function aSite(pages: Readonly<Record<string, RequestListener>>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    asked.push(`${path} ${request.headers['user-agent'] ?? ''}`);
    const page = pages[path];
    if (page) page(request, response);
    else response.writeHead(404, { 'content-type': 'text/html' }).end('not here');
  });
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const fetchPage = createFetchPage({
    allowHosts: [`127.0.0.1:${port}`],
    userAgent: 'Pressroom/1.0',
    clock: systemClock,
  });
  const url = `http://127.0.0.1:${port}`;
  return { url, asked, fetchPage: (path: string) => fetchPage(`${url}${path}`, never) };
}
const answer =
  (type: string, body: string | Buffer, headers: Record<string, string> = {}): RequestListener =>
  (_, response) => {
    response.writeHead(200, { 'content-type': type, ...headers }).end(body);
  };
const html = answer('text/html; charset=utf-8', '<p>Trees.</p>');

describe('fetching a page', () => {
  it('fetches robots.txt first and sends its user agent', async () => {
    const { fetchPage, asked } = await aSite({ '/a': html });
    await expect(fetchPage('/a')).resolves.toMatchObject({ contentType: 'text/html', text: '<p>Trees.</p>' });
    expect(asked).toEqual(['/robots.txt Pressroom/1.0', '/a Pressroom/1.0']);
  });

  it('fetches nothing that robots.txt disallows, even through a redirect', async () => {
    const robots = answer('text/plain', 'User-agent: Pressroom\nDisallow: /private');
    const { fetchPage, asked } = await aSite({
      '/robots.txt': robots,
      '/private/a': html,
      '/public': (_, response) => response.writeHead(302, { location: '/private/a' }).end(),
    });
    await expect(fetchPage('/private/a')).rejects.toMatchObject({ code: 'FETCH_ROBOTS_DISALLOWED' });
    await expect(fetchPage('/public')).rejects.toMatchObject({ code: 'FETCH_ROBOTS_DISALLOWED' });
    expect(asked.some((line) => line.startsWith('/private'))).toBe(false);
  });

  it('returns a PDF’s bytes for every common content type', async () => {
    const body = '%PDF-1.7 …';
    const { fetchPage } = await aSite({
      '/a.pdf': answer('application/pdf', body),
      '/b': answer('application/octet-stream', body),
    });
    for (const path of ['/a.pdf', '/b']) {
      const page = await fetchPage(path);
      expect(page).toMatchObject({ contentType: 'application/pdf', text: '' });
      expect(Buffer.from(page.bytes ?? []).toString()).toBe(body);
    }
  });

  it.each([
    ['bytes of an unknown format', answer('application/octet-stream', Buffer.from([1, 2, 3]))],
    ['an image', answer('image/png', 'x')],
    ['an image declared as HTML', answer('text/html', Buffer.from([0x89, 0x50, 0x4e, 0x47]))],
    ['a page declared as PDF', answer('application/pdf', '<p>Log in</p>')],
  ])('rejects %s', async (_, page) => {
    const { fetchPage } = await aSite({ '/a': page });
    await expect(fetchPage('/a')).rejects.toMatchObject({ code: 'FETCH_UNSUPPORTED_TYPE' });
  });

  it('rejects content that decompresses beyond the limit', async () => {
    const bomb = answer('text/plain', gzipSync(Buffer.alloc(30_000_000, 'x')), { 'content-encoding': 'gzip' });
    const { fetchPage } = await aSite({ '/a': bomb });
    await expect(fetchPage('/a')).rejects.toMatchObject({ code: 'FETCH_TOO_LARGE' });
  });

  it('never connects to a private network that is not allowed, nor fetches its robots.txt', async () => {
    const { url, asked } = await aSite({ '/a': html });
    const fetchPage = createFetchPage({ allowHosts: [], userAgent: 'Pressroom/1.0', clock: systemClock });
    await expect(fetchPage(`${url}/a`, never)).rejects.toMatchObject({ code: 'EGRESS_BLOCKED' });
    expect(asked).toEqual([]);
  });
});
