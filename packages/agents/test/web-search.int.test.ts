import type { RequestListener } from 'node:http';
import { createLogger, Secret, systemClock } from '@pressroom/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { createTools, ToolsConfig, type Toolbox } from '../src/index.ts';
import { serve, stopServers } from './support/serve.ts';

const KEY = 'canary-search-key-91ab';
const never = new AbortController().signal;
const query = { question: 'What do street trees cost?', terms: ['unused'], language: 'en' };

const boxes: Toolbox[] = [];
afterEach(async () => {
  await Promise.all(boxes.splice(0).map((box) => box.close()));
  await stopServers();
});

async function aSearch(listener: RequestListener, config: Record<string, unknown> = {}) {
  const { url } = await serve(listener);
  const lines: string[] = [];
  const box = createTools({
    config: ToolsConfig.parse({
      webSearch: { baseUrl: `${url}/search?safe=1`, keyVariable: 'SEARCH_KEY', usdPerCall: '0.005', ...config },
    }),
    secrets: new Map([['SEARCH_KEY', new Secret(KEY)]]),
    userAgent: 'Pressroom/1.0',
    clock: systemClock,
    log: createLogger({ name: 'test', level: 'trace', destination: { write: (line: string) => lines.push(line) } }),
  });
  boxes.push(box);
  return { box, lines, search: () => box.search('web-search', query, never) };
}
const json =
  (body: unknown): RequestListener =>
  (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

describe('the web search', () => {
  it('sends the key and returns URLs to fetch', async () => {
    const seen: unknown[] = [];
    const { box, search } = await aSearch(
      (request, response) => {
        seen.push(request.url, request.headers['x-subscription-token']);
        json({
          web: {
            results: [
              {
                title: 'The <strong>cost</strong> of trees',
                url: 'https://example.org/cost',
                description: 'd',
                extra: 1,
              },
              { title: 'Not an address', url: 'javascript:alert(1)' },
              { title: 'Third', url: 'https://example.org/3' },
            ],
          },
        })(request, response);
      },
      { results: 2 },
    );
    expect(box.offers).toEqual([{ name: 'web-search', questions: 3, costNanoUsd: 5_000_000n }]);
    await expect(search()).resolves.toEqual([{ title: 'The cost of trees', url: 'https://example.org/cost' }]);
    expect(seen).toEqual(['/search?safe=1&q=What+do+street+trees+cost%3F&count=2', KEY]);
  });

  it('returns no results without an error', async () => {
    const { search } = await aSearch(json({ type: 'search' }));
    await expect(search()).resolves.toEqual([]);
  });

  it.each<[string, RequestListener, boolean]>([
    ['401', (_, response) => response.writeHead(401).end(`bad key ${KEY}`), false],
    ['429', (_, response) => response.writeHead(429).end(), false],
    ['500', (_, response) => response.writeHead(500).end(), false],
    ['an invalid reply', json({ web: { results: 'none' } }), true],
  ])('is skipped when the service returns %s, without the key in logs and errors', async (_, listener, mayBeBilled) => {
    const { search, lines } = await aSearch(listener);
    for (let n = 0; n < 4; n += 1) {
      const error = await search().catch((thrown: unknown) => thrown as Error);
      if (n === 0) expect(error).toMatchObject({ code: 'TOOL_UNAVAILABLE', mayBeBilled });
      expect(`${String((error as Error).stack)} ${JSON.stringify(error)}`).not.toContain(KEY);
    }
    expect(lines.join('\n')).toContain('tool.breaker_opened');
    expect(lines.join('\n')).not.toContain(KEY);
  });

  it('sends the key to no other host', async () => {
    const keys: unknown[] = [];
    const { url } = await serve((request, response) => {
      keys.push(request.headers['x-subscription-token']);
      response.end();
    });
    const { search } = await aSearch((_, response) => response.writeHead(302, { location: url }).end());
    await expect(search()).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE' });
    expect(keys).toEqual([]);
  });
});
