import type { RequestListener } from 'node:http';
import { silentLogger, systemClock } from '@pressroom/runtime';
import { afterEach, describe, expect, it } from 'vitest';
import { createTools, ToolsConfig, type Toolbox } from '../src/index.ts';
import { fakeWiki, type FakeWikiPage } from './support/fake-wiki.ts';
import { serve, stopServers } from './support/serve.ts';

const never = new AbortController().signal;
const pages: FakeWikiPage[] = [
  { id: 1, title: 'Street tree', extract: 'A street tree stands in a street.\n\n\n\nUses\nIt cools the air.' },
  { id: 2, title: 'Tree (disambiguation)', extract: 'Tree may mean: street', isDisambiguation: true },
  { id: 3, title: 'Café/Straße: trees?', extract: 'A street with trees.' },
  { id: 4, title: 'Lime', extract: 'Lime is a fruit.' },
];

const boxes: Toolbox[] = [];
afterEach(async () => {
  await Promise.all(boxes.splice(0).map((box) => box.close()));
  await stopServers();
});

async function aWiki(listener: RequestListener, config: Record<string, unknown> = {}) {
  const { url } = await serve(listener);
  const box = createTools({
    config: ToolsConfig.parse({ wikipedia: { baseUrl: `${url}/{language}`, ...config } }),
    secrets: new Map(),
    userAgent: 'Pressroom/1.0 (+https://example.org/robots)',
    clock: systemClock,
    log: silentLogger(),
  });
  boxes.push(box);
  const search = (terms: string[], language = 'en') =>
    box.search('wikipedia', { question: 'Unused?', terms, language }, never);
  return { url, search };
}
/** Serves the wiki below the path of its language. */
const below =
  (language: string, listener: RequestListener): RequestListener =>
  (request, response) => {
    if (request.url?.startsWith(`/${language}/`) === true) request.url = request.url.slice(language.length + 1);
    else request.url = '/nowhere';
    listener(request, response);
  };

describe('Wikipedia', () => {
  it('returns the articles that contain all terms as plain text, with their URLs', async () => {
    const seen: string[] = [];
    const { url, search } = await aWiki(below('en', fakeWiki(pages, seen)));
    await expect(search(['street', 'trees'])).resolves.toEqual([
      {
        title: 'Café/Straße: trees?',
        url: `${url}/en/wiki/Caf%C3%A9/Stra%C3%9Fe:_trees%3F`,
        text: 'A street with trees.',
      },
    ]);
    expect(seen[0]).toBe(
      '/w/rest.php/v1/search/page?q=street+trees&limit=3 Pressroom/1.0 (+https://example.org/robots)',
    );
  });

  it('skips disambiguation pages and tidies texts', async () => {
    const { search } = await aWiki(below('en', fakeWiki(pages)));
    const found = await search(['street']);
    expect(found.map(({ title }) => title)).toEqual(['Street tree', 'Café/Straße: trees?']);
    expect(found[0]?.text).toBe('A street tree stands in a street.\n\nUses\nIt cools the air.');
  });

  it('returns articles with some of the terms when none contains all', async () => {
    const { search } = await aWiki(below('en', fakeWiki(pages)));
    expect((await search(['lime', 'zebra'])).map(({ title }) => title)).toEqual(['Lime']);
  });

  it('searches the Wikipedia of the article’s language, or the English one', async () => {
    const german = await aWiki(below('de', fakeWiki(pages)));
    await expect(german.search(['lime'], 'de')).resolves.toHaveLength(1);
    const english = await aWiki(below('en', fakeWiki(pages)));
    await expect(english.search(['lime'], 'xx')).resolves.toHaveLength(1);
  });

  it('returns no results without an error', async () => {
    const { search } = await aWiki(below('en', fakeWiki([])));
    await expect(search(['street'])).resolves.toEqual([]);
  });

  it.each<[string, RequestListener]>([
    ['returns 503', (_, response) => response.writeHead(503).end()],
    ['returns 404', (_, response) => response.writeHead(404).end()],
    ['returns an HTML page', (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Hello')],
    [
      'answers with other JSON',
      (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('[]'),
    ],
    [
      'answers with broken JSON',
      (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{'),
    ],
    [
      'redirects into a private network',
      (_, response) => response.writeHead(302, { location: 'http://10.0.0.1/' }).end(),
    ],
    ['does not answer', () => undefined],
  ])('is skipped when it %s', async (_, listener) => {
    const { search } = await aWiki(listener, { timeoutMs: 300 });
    await expect(search(['street'])).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE' });
  });

  it('contacts only the configured wiki', async () => {
    const { url: inner } = await serve(fakeWiki(pages));
    const { search } = await aWiki((_, response) => response.writeHead(302, { location: inner }).end());
    await expect(search(['street'])).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE' });
  });
});
