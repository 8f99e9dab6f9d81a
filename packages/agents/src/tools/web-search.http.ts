import type { GuardedFetch, Secret } from '@pressroom/runtime';
import { z } from 'zod';
import type { ResearchTool } from './research-tool.ts';
import type { WebSearchConfig } from './tools-config.ts';

/** The service accepts at most 400 characters and 50 words. */
const MAX_QUERY_CHARACTERS = 300;

const Reply = z.looseObject({
  web: z.looseObject({ results: z.array(z.looseObject({ title: z.string(), url: z.string() })) }).optional(),
});

/**
 * A web search with an API key, compatible with Brave Search. Returns URLs; the pages are fetched like the user's sources,
 * subject to robots.txt and all limits. Sends the key only to the configured URL and follows no redirects.
 */
export function createWebSearchTool(deps: { config: WebSearchConfig; key: Secret; fetch: GuardedFetch }): ResearchTool {
  const { config, key, fetch } = deps;
  return {
    name: 'web-search',
    questions: config.questions,
    costNanoUsd: config.usdPerCall ?? 0n,
    timeoutMs: config.timeoutMs,
    async search(query, { signal }) {
      const url = new URL(config.baseUrl);
      url.searchParams.set('q', query.question.slice(0, MAX_QUERY_CHARACTERS));
      url.searchParams.set('count', String(config.results));
      const { text = '' } = await fetch(url.href, {
        signal,
        accept: ['application/json'],
        maxRedirects: 0,
        headers: { 'x-subscription-token': key.reveal() },
      });
      const { web } = Reply.parse(JSON.parse(text));
      return (web?.results ?? []).slice(0, config.results).map(({ title, url: address }) => ({
        title: withoutMarkup(title),
        url: address,
      }));
    },
  };
}

/** Titles contain markup that highlights the matching words. */
const withoutMarkup = (text: string): string => text.replace(/<\/?\w{1,10}[^<>]{0,200}>/g, '');
