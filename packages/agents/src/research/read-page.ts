import type { FetchedPage } from '../ports.ts';
import type { PdfReading } from './core/pdf-text.ts';
import { pageKind, plainPageText, type ReadableText } from './core/readable-text.ts';
import { runInThread, type ThreadLimits } from './run-in-thread.ts';

/** More HTML than this is no article. */
const MOST_HTML_CHARACTERS = 1_000_000;
/** A real page of that size takes a second. */
const HTML_LIMITS: ThreadLimits = { timeMs: 10_000, heapMb: 256, externalMb: 128 };
/** A report of three hundred pages takes a few seconds. */
const PDF_LIMITS: ThreadLimits = { timeMs: 20_000, heapMb: 384, externalMb: 192 };

export type PageReading =
  | ({ outcome: 'read' } & ReadableText)
  /** `reason` completes "it …". */
  | { outcome: 'unreadable'; reason: string };

const NOTHING: PageReading = { outcome: 'unreadable', reason: 'has no readable text' };

/**
 * The readable text of a fetched page: HTML, Markdown, plain text or PDF. HTML and PDF are parsed in a thread of their own
 * with bounds on time and memory, for a few hundred hostile kilobytes keep a parser busy for minutes.
 *
 * @throws the signal's reason when it aborts
 */
export async function readPage(
  page: Pick<FetchedPage, 'contentType' | 'text' | 'bytes'>,
  signal: AbortSignal,
  limits: Partial<ThreadLimits> = {},
): Promise<PageReading> {
  switch (pageKind(page)) {
    case 'plain':
      return toReading(plainPageText(page.text));
    case 'html': {
      const html = page.text.slice(0, MOST_HTML_CHARACTERS);
      const file = new URL('readable-text.thread.ts', import.meta.url);
      const text = await runInThread<ReadableText | null>(file, html, {
        signal,
        limits: { ...HTML_LIMITS, ...limits },
      });
      return toReading(text ?? undefined);
    }
    case 'pdf': {
      const file = new URL('pdf-text.thread.ts', import.meta.url);
      const reading = await runInThread<PdfReading>(file, page.bytes, { signal, limits: { ...PDF_LIMITS, ...limits } });
      if (reading?.outcome === 'read') return toReading(reading);
      return { outcome: 'unreadable', reason: PDF_REASONS[reading?.outcome ?? 'too_much'] };
    }
    case 'other':
      return NOTHING;
  }
}

const PDF_REASONS = {
  encrypted: 'is a PDF that needs a password',
  damaged: 'is a damaged PDF',
  too_much: 'is a PDF that takes more time or memory than it may',
} as const;

const toReading = (text: ReadableText | undefined): PageReading =>
  text === undefined || text.text === '' ? NOTHING : { outcome: 'read', title: text.title, text: text.text };
