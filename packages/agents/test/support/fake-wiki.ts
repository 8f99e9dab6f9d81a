import type { RequestListener } from 'node:http';

export interface FakeWikiPage {
  id: number;
  title: string;
  extract: string;
  isDisambiguation?: boolean;
}

/**
 * The MediaWiki API that research uses: a REST search that requires all words of a query unless they are joined by OR, and
 * plain-text extracts.
 */
export function fakeWiki(pages: readonly FakeWikiPage[], seen: string[] = []): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? '/', 'http://wiki.example');
    seen.push(`${url.pathname}${url.search} ${request.headers['user-agent'] ?? ''}`);
    const answer = (body: unknown): void => {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
    };
    if (url.pathname === '/w/rest.php/v1/search/page') {
      const words = (url.searchParams.get('q') ?? '').split(' ');
      const isAny = words.includes('OR');
      const wanted = words.filter((word) => word !== 'OR').map((word) => word.toLowerCase());
      const has = (page: FakeWikiPage, word: string): boolean =>
        `${page.title} ${page.extract}`.toLowerCase().includes(word);
      const found = pages.filter((page) =>
        isAny ? wanted.some((word) => has(page, word)) : wanted.every((word) => has(page, word)),
      );
      answer({
        pages: found
          .slice(0, Number(url.searchParams.get('limit')))
          .map(({ id, title }) => ({ id, key: title.replaceAll(' ', '_'), title, excerpt: '', matched_title: null })),
      });
      return;
    }
    const page = pages.find(({ id }) => String(id) === url.searchParams.get('pageids'));
    if (url.pathname !== '/w/api.php' || !page) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
      return;
    }
    const { id, title, extract } = page;
    const pageprops = page.isDisambiguation === true ? { pageprops: { disambiguation: '' } } : {};
    answer({ batchcomplete: true, query: { pages: [{ pageid: id, ns: 0, title, extract, ...pageprops }] } });
  };
}
