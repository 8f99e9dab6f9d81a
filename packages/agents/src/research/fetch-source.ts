import type { AppError } from '@pressroom/runtime';
import { countWords } from '@pressroom/pipelines';
import { tryOptional } from '../calling/try-optional.ts';
import type { StepContext } from '../ports.ts';

/** A page with fewer words is a notice, a paywall or an error page, at any HTTP status. */
const MIN_PAGE_WORDS = 40;
/** Only this much of a page is stored. */
const MAX_PAGE_CHARACTERS = 400_000;

/** A fetched page as stored in the journal, so that later attempts read the same text. */
interface JournaledPage {
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
 * Fetches a page once per generation of the task and extracts its readable text.
 *
 * @param path journal path, such as `fetch/src-3`
 */
export async function fetchSource(context: StepContext, path: string, url: string): Promise<FetchedSource> {
  const page = await tryOptional(context, () => context.tool(path, (signal) => fetchAndRead(context, url, signal)));
  if (page.outcome === 'failed') {
    context.log.warn({ path, code: page.error.code }, 'source.skipped');
    return { outcome: 'skipped', reason: reasonOf(page.error) };
  }
  const { unreadable, title, text, fetchedAtMs } = page.value;
  if (unreadable !== undefined) return { outcome: 'skipped', reason: unreadable };
  if (countWords(text) < MIN_PAGE_WORDS) return { outcome: 'skipped', reason: 'has no readable text' };
  return { outcome: 'read', url: page.value.url, title, text, accessedAt: new Date(fetchedAtMs).toISOString() };
}

async function fetchAndRead(context: StepContext, url: string, signal: AbortSignal): Promise<JournaledPage> {
  const page = await context.fetchUrl(url, signal);
  const { fetchedAtMs } = page;
  const reading = await context.pages.readPage(page, signal);
  if (reading.outcome === 'unreadable')
    return { url: page.url, title: '', text: '', fetchedAtMs, unreadable: reading.reason };
  return { url: page.url, title: reading.title, text: reading.text.slice(0, MAX_PAGE_CHARACTERS), fetchedAtMs };
}

function reasonOf({ code, message }: AppError): string {
  if (code === 'FETCH_ROBOTS_DISALLOWED')
    return `must not be fetched: its site's robots.txt disallows it or could not be read (${code})`;
  // Omits the message, which could reveal internal addresses to a tenant.
  if (code === 'EGRESS_BLOCKED') return `is blocked by the egress guard (${code})`;
  return `could not be fetched: ${message} (${code})`;
}
