import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import { afterEach, describe, expect, it } from 'vitest';

import { systemClock, type Clock } from '../clock.ts';
import { createGuardedFetch } from './guarded-fetch.ts';
import { createRobotsGate } from './robots-gate.ts';
import { allowEndpoints } from './vet-target.ts';

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

/** A site whose robots.txt is served by `listener`, and a gate for it; `atMs` sets the gate's clock. */
async function aSite(listener: RequestListener) {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers['user-agent']);
    listener(request, response);
  });
  running.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const time = { atMs: 0 };
  const clock: Clock = { ...systemClock, monotonicMs: () => time.atMs };
  const userAgent = 'Pressroom/1.0 (+https://example.org/robots)';
  const fetch = createGuardedFetch({ allow: allowEndpoints([`127.0.0.1:${port}`]), userAgent });
  const gate = createRobotsGate({ fetch, clock, userAgent });
  const check = (path: string, signal = never) => gate.check(new URL(path, `http://127.0.0.1:${port}`), signal);
  return { check, asked, time };
}

const text =
  (body: string | Buffer, headers: Record<string, string> = {}): RequestListener =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', ...headers }).end(body);
  };

describe('robots gate', () => {
  it('allows only what the site allows', async () => {
    const { check, asked } = await aSite(text('User-agent: pressroom\nDisallow: /private\nAllow: /private/ours'));
    await expect(check('/public?a=1')).resolves.toBeUndefined();
    await expect(check('/private/ours')).resolves.toBeUndefined();
    await expect(check('/private/theirs')).rejects.toMatchObject({
      code: 'FETCH_ROBOTS_DISALLOWED',
      retryable: false,
      message: '127.0.0.1 disallows this page in its robots.txt',
    });
    expect(asked).toEqual(['Pressroom/1.0 (+https://example.org/robots)']);
  });

  it('fetches a robots.txt once for concurrent checks, and again after an hour', async () => {
    const { check, asked, time } = await aSite(text('User-agent: *\nDisallow:'));
    await Promise.all(['/a', '/b', '/c'].map((path) => check(path)));
    expect(asked).toHaveLength(1);
    time.atMs = 3_600_001;
    await check('/a');
    expect(asked).toHaveLength(2);
  });

  it.each([
    { title: 'the file is missing', status: 404 },
    { title: 'the file is forbidden', status: 403 },
  ])('allows everything when $title', async ({ status }) => {
    const { check } = await aSite((_, response) => {
      response.writeHead(status, { 'content-type': 'text/html' }).end('Disallow: /');
    });
    await expect(check('/a')).resolves.toBeUndefined();
  });

  it.each([
    ['an image', text('\x89PNG', { 'content-type': 'image/png' })],
    ['an image declared as text', text(Buffer.from([0x89, 0x50, 0x4e, 0x47]))],
    ['a page', text('<!doctype html><html><body>Welcome: /</body></html>', { 'content-type': 'text/html' })],
    ['malformed lines', text('Disallow\nUser agent: *\n::::\nDisallow: /')],
  ])('allows everything when the file is %s', async (_, listener) => {
    const { check } = await aSite(listener);
    await expect(check('/a')).resolves.toBeUndefined();
  });

  it.each([500, 503, 429])('allows nothing while the status is %d, and fetches it again soon', async (status) => {
    let isWell = false;
    const { check, time } = await aSite((request, response) => {
      if (isWell) text('User-agent: *\nDisallow:')(request, response);
      else response.writeHead(status).end();
    });
    await expect(check('/a')).rejects.toMatchObject({ code: 'FETCH_ROBOTS_DISALLOWED', retryable: true });
    isWell = true;
    await expect(check('/a')).rejects.toMatchObject({ code: 'FETCH_ROBOTS_DISALLOWED' });
    time.atMs = 5 * 60_000 + 1;
    await expect(check('/a')).resolves.toBeUndefined();
  });

  it('allows nothing when it redirects into a private network', async () => {
    const { check } = await aSite((_, response) => {
      response.writeHead(302, { location: 'http://10.0.0.1/robots.txt' }).end();
    });
    await expect(check('/a')).rejects.toMatchObject({ code: 'FETCH_ROBOTS_DISALLOWED' });
  });

  it('reads the beginning of a file that is too long, compressed or not', async () => {
    const long = `User-agent: *\nDisallow: /early\n${'# filler\n'.repeat(100_000)}Disallow: /late\n`;
    const plain = await aSite(text(long));
    await expect(plain.check('/early')).rejects.toMatchObject({ code: 'FETCH_ROBOTS_DISALLOWED' });
    await expect(plain.check('/late')).resolves.toBeUndefined();
    const bomb = gzipSync(
      Buffer.concat([Buffer.from('User-agent: *\nDisallow: /early\n'), Buffer.alloc(50_000_000, '#')]),
    );
    const packed = await aSite(text(bomb, { 'content-encoding': 'gzip' }));
    await expect(packed.check('/early')).rejects.toMatchObject({ code: 'FETCH_ROBOTS_DISALLOWED' });
    await expect(packed.check('/late')).resolves.toBeUndefined();
  });

  it('stops waiting when a caller aborts, for that caller only', async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<undefined>();
    const { promise: isAsked, resolve: asked } = Promise.withResolvers<undefined>();
    const { check } = await aSite((request, response) => {
      asked(undefined);
      void answered.then(() => {
        text('User-agent: *\nDisallow:')(request, response);
      });
    });
    const controller = new AbortController();
    const first = check('/a', controller.signal);
    const second = check('/a');
    await isAsked;
    controller.abort(new Error('cancelled'));
    await expect(first).rejects.toThrow('cancelled');
    answer(undefined);
    await expect(second).resolves.toBeUndefined();
  });
});
