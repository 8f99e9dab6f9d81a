import type { ArticleInput, Limitation, SourceInput } from '@pressroom/contracts';
import { mapBounded } from '../calling/map-bounded.ts';
import type { UnusedSource } from '../errors.ts';
import type { StepContext } from '../ports.ts';
import { sanitiseTitle } from './core/sanitise-title.ts';
import { readLimitPerSource } from './core/read-limit.ts';
import { fetchSource } from './fetch-source.ts';

export interface ReadSource {
  /** Position among the given sources, from 1; does not change when other sources are skipped. */
  id: number;
  title: string;
  url?: string;
  accessedAt?: string;
  text: string;
}

/** Limits the load on sites and the memory of the worker. */
const MAX_CONCURRENT_FETCHES = 4;

/**
 * Reads the given sources and fetches those that are URLs. Skips unreadable sources with a limitation and reads duplicates
 * once.
 *
 * @param others number of further sources that share the read limit
 */
export async function readSources(
  context: StepContext,
  input: Pick<ArticleInput, 'sources'>,
  others = 0,
): Promise<{ sources: ReadSource[]; unread: UnusedSource[]; limitations: Limitation[] }> {
  const given = deduplicate(input.sources ?? []);
  const limit = readLimitPerSource(given.length + others);
  const sources: ReadSource[] = [];
  const unread: UnusedSource[] = [];
  const limitations: Limitation[] = [];
  for (const read of await mapBounded(given, MAX_CONCURRENT_FETCHES, ({ source, id }) =>
    readSource(context, source, id),
  )) {
    if ('unread' in read) {
      const { name, reason } = read.unread;
      unread.push(read.unread);
      const message = `The source ${name} was skipped: it ${reason}.`;
      limitations.push({ code: 'SOURCE_SKIPPED', step: context.step.key, message });
      continue;
    }
    sources.push({ ...read.source, text: read.source.text.slice(0, limit) });
    if (read.source.text.length <= limit) continue;
    const message = `Only the first ${limit} characters of the source "${read.source.title}" were read.`;
    limitations.push({ code: 'SOURCE_SKIPPED', step: context.step.key, message });
  }
  return { sources, unread, limitations };
}

async function readSource(
  context: StepContext,
  source: SourceInput,
  id: number,
): Promise<{ source: ReadSource } | { unread: UnusedSource }> {
  if ('text' in source) {
    const reading = await context.pages.readText(source.text, context.signal);
    const title = sanitiseTitle(source.title ?? (reading.outcome === 'read' ? reading.title : ''), `Source ${id}`);
    if (reading.outcome === 'unreadable') return { unread: { id, name: `"${title}"`, reason: reading.reason } };
    return { source: { id, title, text: reading.text } };
  }
  const page = await fetchSource(context, `fetch/src-${id}`, source.url);
  if (page.outcome === 'skipped') return { unread: { id, name: displayUrl(source.url), reason: page.reason } };
  const { url, title, text, accessedAt } = page;
  return { source: { id, title: sanitiseTitle(title, displayUrl(url)), url, accessedAt, text } };
}

function deduplicate(sources: readonly SourceInput[]): { source: SourceInput; id: number }[] {
  const seen = new Set<string>();
  return sources.flatMap((source, index) => {
    const identity = 'url' in source ? source.url : source.text;
    if (seen.has(identity)) return [];
    seen.add(identity);
    return [{ source, id: index + 1 }];
  });
}

/** Host and path of a URL, for display. Omits the query, which may contain secrets. */
export function displayUrl(url: string): string {
  const { host, pathname } = new URL(url);
  return pathname === '/' ? host : `${host}${pathname}`;
}
