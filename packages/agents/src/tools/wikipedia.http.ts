import type { GuardedFetch } from '@pressroom/runtime';
import { z } from 'zod';
import type { ResearchTool, ToolQuery, ToolSource } from './research-tool.ts';
import type { WikipediaConfig } from './tools-config.ts';

/** Words of one search: the wiki wants all of them in a page. */
const MOST_TERMS = 8;

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
 * Articles of Wikipedia, or of any MediaWiki, as plain text: the REST search, then each page's extract. Where no page has
 * all words, those that have the most of them are taken. Lists of meanings are left out.
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
    const terms = query.terms.slice(0, MOST_TERMS);
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
    // The address is made here: what a reply calls one could be anything.
    const address = `${root}/wiki/${encodeURIComponent(page.key).replaceAll('%2F', '/').replaceAll('%3A', ':')}`;
    return [{ title: page.title, url: address, text: found.extract.replace(/\n{3,}/g, '\n\n') }];
  };

  return {
    name: 'wikipedia',
    questions: config.questions,
    costNanoUsd: 0n,
    timeoutMs: config.timeoutMs,
    async search(query, { signal }) {
      const root = rootFor(query.language);
      const sources: ToolSource[] = [];
      // One after the other, as the API's etiquette asks.
      for (const page of await findPages(root, query, signal)) sources.push(...(await readPage(root, page, signal)));
      return sources;
    },
  };
}
