import type { AppError } from '@pressroom/runtime';
import { countWords } from '@pressroom/pipelines';
import { tryOptional } from '../calling/try-optional.ts';
import type { StepContext } from '../ports.ts';

/** A page with fewer words is a notice, a paywall or an error, whatever its status said. */
const LEAST_PAGE_WORDS = 40;
/** More of one page is not kept. */
const MOST_KEPT_CHARACTERS = 400_000;

/** What a fetched page leaves: kept in the journal, so that a later attempt reads the very same text. */
interface KeptPage {
  url: string;
  title: string;
  text: string;
  fetchedAtMs: number;
  /** Why there is no text; completes "it …". */
  unreadable?: string;
}

export type FetchedSource =
  | { outcome: 'read'; url: string; title: string; text: string; accessedAt: string }
  /** `reason` completes "it …". */
  | { outcome: 'skipped'; reason: string };

/**
 * Fetches a page once per generation of the task and takes its readable text.
 *
 * @param path its place in the journal: `fetch/src-3`
 */
export async function fetchSource(context: StepContext, path: string, url: string): Promise<FetchedSource> {
  const page = await tryOptional(context, () => context.tool(path, (signal) => fetchAndRead(context, url, signal)));
  if (page.outcome === 'failed') {
    context.log.warn({ path, code: page.error.code }, 'source.skipped');
    return { outcome: 'skipped', reason: reasonOf(page.error) };
  }
  const { unreadable, title, text, fetchedAtMs } = page.value;
  if (unreadable !== undefined) return { outcome: 'skipped', reason: unreadable };
  if (countWords(text) < LEAST_PAGE_WORDS) return { outcome: 'skipped', reason: 'has no readable text' };
  return { outcome: 'read', url: page.value.url, title, text, accessedAt: new Date(fetchedAtMs).toISOString() };
}

async function fetchAndRead(context: StepContext, url: string, signal: AbortSignal): Promise<KeptPage> {
  const page = await context.fetchUrl(url, signal);
  const { fetchedAtMs } = page;
  const reading = await context.pages.readPage(page, signal);
  if (reading.outcome === 'unreadable')
    return { url: page.url, title: '', text: '', fetchedAtMs, unreadable: reading.reason };
  return { url: page.url, title: reading.title, text: reading.text.slice(0, MOST_KEPT_CHARACTERS), fetchedAtMs };
}

function reasonOf({ code, message }: AppError): string {
  if (code === 'FETCH_ROBOTS_DISALLOWED')
    return `must not be fetched as its site's robots.txt says, or could not be asked (${code})`;
  // Not its message: where an internal name leads to is no tenant's business.
  if (code === 'EGRESS_BLOCKED') return `is blocked by the egress guard (${code})`;
  return `could not be fetched: ${message} (${code})`;
}
