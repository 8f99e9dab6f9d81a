import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ResearchServices {
  /** Root of a wiki with one article. */
  wikiUrl: string;
  searchUrl: string;
  /** A page with readable text; `/private` is one that robots.txt forbids. */
  pageUrl: string;
  /** `host:port` of the pages. */
  pageHost: string;
  /** Every request: its service, path and identifying headers. */
  seen: { service: 'wiki' | 'search' | 'site'; path: string; key: string | undefined; userAgent: string | undefined }[];
  stop(): Promise<void>;
}

type Answer = (url: URL) => { status?: number; type: string; body: string };

/** Fakes of external research services: a wiki, a search with an API key, and a site with a robots.txt. */
export async function startResearchServices(texts: {
  wiki: string;
  page: string;
  found: string;
}): Promise<ResearchServices> {
  const seen: ResearchServices['seen'] = [];
  const servers = await Promise.all(
    (['wiki', 'search', 'site'] as const).map(async (service) => {
      const server = createServer((request: IncomingMessage, response: ServerResponse) => {
        const { headers } = request;
        const url = new URL(request.url ?? '/', 'http://localhost');
        seen.push({
          service,
          path: url.pathname,
          key: headers['x-subscription-token']?.toString(),
          userAgent: headers['user-agent'],
        });
        const { status = 200, type, body } = answers[service](url);
        response.writeHead(status, { 'content-type': type }).end(body);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    }),
  );
  const [wiki, search, site] = servers.map(({ url }) => url);
  const json = (value: unknown) => ({ type: 'application/json', body: JSON.stringify(value) });
  const page = (text: string) => ({
    type: 'text/html; charset=utf-8',
    body: `<html><head><title>A page</title></head><body><article>${text
      .split(/\n\n+/)
      .map((paragraph) => `<p>${paragraph.replaceAll('<', '&lt;')}</p>`)
      .join('')}</article></body></html>`,
  });
  const answers: Record<'wiki' | 'search' | 'site', Answer> = {
    wiki: ({ pathname }) =>
      pathname.endsWith('/search/page')
        ? json({ pages: [{ id: 7, key: 'Lighthouse', title: 'Lighthouse' }] })
        : json({ query: { pages: [{ pageid: 7, title: 'Lighthouse', extract: texts.wiki }] } }),
    search: () =>
      json({
        web: {
          results: [
            { title: 'Found', url: `${site ?? ''}/found` },
            { title: 'Private', url: `${site ?? ''}/private` },
            { title: 'Inside', url: 'http://169.254.169.254/latest/meta-data/' },
          ],
        },
      }),
    site: ({ pathname }) => {
      if (pathname === '/robots.txt')
        return { type: 'text/plain', body: 'User-agent: Pressroom\nDisallow: /private\n' };
      if (pathname === '/page') return page(texts.page);
      return pathname === '/found' ? page(texts.found) : { status: 404, type: 'text/html', body: 'not here' };
    },
  };
  return {
    wikiUrl: wiki ?? '',
    searchUrl: `${search ?? ''}/search`,
    pageUrl: `${site ?? ''}/page`,
    pageHost: new URL(site ?? '').host,
    seen,
    async stop() {
      await Promise.all(
        servers.map(({ server }) => {
          server.closeAllConnections();
          return new Promise((resolve) => server.close(resolve));
        }),
      );
    },
  };
}
