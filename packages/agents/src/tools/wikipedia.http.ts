import type { GuardedFetch } from '@pressroom/runtime';
import { z } from 'zod';
import type { ResearchTool, ToolQuery, ToolSource } from './research-tool.ts';
import type { WikipediaConfig } from './tools-config.ts';

/** Terms of one search: the wiki returns only pages that contain all of them. */
const MAX_TERMS = 8;

const SearchReply = z.looseObject({
  pages: z.array(z.looseObject({ id: z.number(), key: z.string(), title: z.string() })),
});
const ExtractReply = z.looseObject({
  query: z
    .looseObject({
      pages: z.array(
        z.looseObject({
          extract: z.string().optional(),
          pageprops: z.looseObject({ disambiguation: z.string().optional() }).optional(),
        }),
      ),
    })
    .optional(),
});

/**
 * Finds articles of Wikipedia, or of any MediaWiki, as plain text: REST search, then the extract of each page. If no page
 * contains all terms, uses the pages that contain most of them. Skips disambiguation pages.
 */
export function createWikipediaTool(deps: { config: WikipediaConfig; fetch: GuardedFetch }): ResearchTool {
  const { config, fetch } = deps;
  const rootFor = (language: string): string => {
    const known = config.languages.includes(language)
      ? language
      : (config.languages.find((name) => name === 'en') ?? config.languages[0] ?? 'en');
    return config.baseUrl.replaceAll('{language}', known).replace(/(?<!\/)\/+$/, '');
  };
  const getJson = async <T>(url: URL, shape: z.ZodType<T>, signal: AbortSignal): Promise<T> => {
    const { text = '' } = await fetch(url.href, { signal, accept: ['application/json'] });
    return shape.parse(JSON.parse(text));
  };

  const findPages = async (root: string, query: ToolQuery, signal: AbortSignal) => {
    const terms = query.terms.slice(0, MAX_TERMS);
    for (const words of [terms.join(' '), terms.join(' OR ')]) {
      const url = new URL(`${root}/w/rest.php/v1/search/page`);
      url.search = new URLSearchParams({ q: words, limit: String(config.results) }).toString();
      const { pages } = await getJson(url, SearchReply, signal);
      if (pages.length > 0 || terms.length < 2) return pages.slice(0, config.results);
    }
    return [];
  };

  const readPage = async (root: string, page: { id: number; key: string; title: string }, signal: AbortSignal) => {
    const url = new URL(`${root}/w/api.php`);
    url.search = new URLSearchParams({
      action: 'query',
      format: 'json',
      formatversion: '2',
      pageids: String(page.id),
      prop: 'extracts|pageprops',
      explaintext: '1',
      exsectionformat: 'plain',
      ppprop: 'disambiguation',
      redirects: '1',
    }).toString();
    const [found] = (await getJson(url, ExtractReply, signal)).query?.pages ?? [];
    if (found?.extract === undefined || found.pageprops?.disambiguation !== undefined) return [];
    // Builds the URL itself, because URLs in a reply are untrusted.
    const pageUrl = `${root}/wiki/${encodeURIComponent(page.key).replaceAll('%2F', '/').replaceAll('%3A', ':')}`;
    return [{ title: page.title, url: pageUrl, text: found.extract.replace(/\n{3,}/g, '\n\n') }];
  };

  return {
    name: 'wikipedia',
    questions: config.questions,
    costNanoUsd: 0n,
    timeoutMs: config.timeoutMs,
    async search(query, { signal }) {
      const root = rootFor(query.language);
      const sources: ToolSource[] = [];
      // Sequentially, as the API's etiquette requires.
      for (const page of await findPages(root, query, signal)) sources.push(...(await readPage(root, page, signal)));
      return sources;
    },
  };
}
