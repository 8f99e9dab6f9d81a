import type { ArticleInput, Limitation, SourceInput } from '@pressroom/contracts';
import { countWords } from '@pressroom/pipelines';
import { mapBounded } from '../calling/map-bounded.ts';
import { tryOptional } from '../calling/try-optional.ts';
import type { StepContext } from '../ports.ts';
import { plainPageText } from './core/readable-text.ts';
import { readPage } from './read-page.ts';

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
/** A page with fewer words is a notice, a paywall or an error, whatever its status said. */
const LEAST_PAGE_WORDS = 40;
/** Characters read of all sources together, about 100,000 tokens, shared evenly between these bounds. */
const READ_LIMIT = { total: 400_000, leastPerSource: 20_000, mostPerSource: 120_000 } as const;

/** What a fetched page leaves: kept in the journal, so that a later attempt reads the very same text. */
interface ReadPage {
  url: string;
  title: string;
  text: string;
  fetchedAtMs: number;
}

/**
 * Reads the sources the user gave, fetching those that are addresses. One that cannot be read is left out with a
 * limitation that names it, and the others go on. The same source given twice is read once.
 */
export async function readSources(
  context: StepContext,
  input: ArticleInput,
): Promise<{ sources: ReadSource[]; limitations: Limitation[] }> {
  const given = withoutRepeats(input.sources ?? []);
  const limit = Math.min(
    READ_LIMIT.mostPerSource,
    Math.max(READ_LIMIT.leastPerSource, Math.floor(READ_LIMIT.total / Math.max(1, given.length))),
  );
  const sources: ReadSource[] = [];
  const limitations: Limitation[] = [];
  for (const read of await mapBounded(given, FETCHES_AT_ONCE, ({ source, id }) => readSource(context, source, id))) {
    if ('limitation' in read) {
      limitations.push(read.limitation);
      continue;
    }
    sources.push({ ...read.source, text: read.source.text.slice(0, limit) });
    if (read.source.text.length <= limit) continue;
    const message = `Only the first ${limit} characters of the source "${read.source.title}" were read.`;
    limitations.push({ code: 'SOURCE_SKIPPED', step: context.step.key, message });
  }
  return { sources, limitations };
}

async function readSource(
  context: StepContext,
  source: SourceInput,
  id: number,
): Promise<{ source: ReadSource } | { limitation: Limitation }> {
  if ('text' in source) {
    const title = source.title ?? plainPageText(source.text)?.title;
    return { source: { id, title: title === undefined || title === '' ? `Source ${id}` : title, text: source.text } };
  }
  const skipped = (reason: string): { limitation: Limitation } => ({
    limitation: {
      code: 'SOURCE_SKIPPED',
      step: context.step.key,
      message: `The source ${nameUrl(source.url)} was left out: ${reason}.`,
    },
  });
  const page = await tryOptional(context, () =>
    context.tool(`fetch/src-${id}`, (signal) => fetchPage(context, source.url, signal)),
  );
  if (page.outcome === 'failed') {
    context.log.warn({ source: id, code: page.error.code }, 'source.skipped');
    return skipped(`it could not be fetched (${page.error.code})`);
  }
  if (countWords(page.value.text) < LEAST_PAGE_WORDS) return skipped('it has no readable text');
  const { url, title, text, fetchedAtMs } = page.value;
  return {
    source: {
      id,
      title: title === '' ? nameUrl(url) : title,
      url,
      accessedAt: new Date(fetchedAtMs).toISOString(),
      text,
    },
  };
}

async function fetchPage(context: StepContext, url: string, signal: AbortSignal): Promise<ReadPage> {
  const page = await context.fetchUrl(url, signal);
  const readable = await readPage(page, signal);
  return { url: page.url, title: readable?.title ?? '', text: readable?.text ?? '', fetchedAtMs: page.fetchedAtMs };
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
function nameUrl(url: string): string {
  const { host, pathname } = new URL(url);
  return pathname === '/' ? host : `${host}${pathname}`;
}
