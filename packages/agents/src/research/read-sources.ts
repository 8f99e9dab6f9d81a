import type { ArticleInput, Limitation, SourceInput } from '@pressroom/contracts';
import { mapBounded } from '../calling/map-bounded.ts';
import type { UnusedSource } from '../errors.ts';
import type { StepContext } from '../ports.ts';
import { safeTitle } from './core/safe-title.ts';
import { shareOfReading } from './core/share-of-reading.ts';
import { fetchSource } from './fetch-source.ts';

export interface ReadSource {
  /** Position among the sources given, from 1: stays the same whatever becomes of the others. */
  id: number;
  title: string;
  url?: string;
  accessedAt?: string;
  text: string;
}

/** Pages are fetched this many at once, as politeness to sites and to our own memory. */
const FETCHES_AT_ONCE = 4;

/**
 * Reads the sources the user gave, fetching those that are addresses. One that cannot be read is left out with a
 * limitation that names it, and the others go on. The same source given twice is read once.
 *
 * @param others how many sources are read besides these, with which they share what can be read
 */
export async function readSources(
  context: StepContext,
  input: Pick<ArticleInput, 'sources'>,
  others = 0,
): Promise<{ sources: ReadSource[]; unread: UnusedSource[]; limitations: Limitation[] }> {
  const given = withoutRepeats(input.sources ?? []);
  const limit = shareOfReading(given.length + others);
  const sources: ReadSource[] = [];
  const unread: UnusedSource[] = [];
  const limitations: Limitation[] = [];
  for (const read of await mapBounded(given, FETCHES_AT_ONCE, ({ source, id }) => readSource(context, source, id))) {
    if ('unread' in read) {
      const { name, reason } = read.unread;
      unread.push(read.unread);
      const message = `The source ${name} was left out: it ${reason}.`;
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
    const title = safeTitle(source.title ?? (reading.outcome === 'read' ? reading.title : ''), `Source ${id}`);
    if (reading.outcome === 'unreadable') return { unread: { id, name: `"${title}"`, reason: reading.reason } };
    return { source: { id, title, text: reading.text } };
  }
  const page = await fetchSource(context, `fetch/src-${id}`, source.url);
  if (page.outcome === 'skipped') return { unread: { id, name: nameUrl(source.url), reason: page.reason } };
  const { url, title, text, accessedAt } = page;
  return { source: { id, title: safeTitle(title, nameUrl(url)), url, accessedAt, text } };
}

function withoutRepeats(sources: readonly SourceInput[]): { source: SourceInput; id: number }[] {
  const seen = new Set<string>();
  return sources.flatMap((source, index) => {
    const identity = 'url' in source ? source.url : source.text;
    if (seen.has(identity)) return [];
    seen.add(identity);
    return [{ source, id: index + 1 }];
  });
}

/** An address as people name it; its query may carry what is nobody's business. */
export function nameUrl(url: string): string {
  const { host, pathname } = new URL(url);
  return pathname === '/' ? host : `${host}${pathname}`;
}
