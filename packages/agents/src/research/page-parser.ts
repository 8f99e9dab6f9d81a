import {
  createSandboxPool,
  SandboxFailedError,
  SandboxMemoryError,
  SandboxTimeoutError,
  type SandboxPool,
  type SandboxPoolOptions,
} from '@pressroom/runtime';
import type { PdfReading } from './core/pdf-text.ts';
import { pageKind, plainPageText, type ReadableText } from './core/plain-page-text.ts';

/** Only this much of an HTML page is parsed. */
const MAX_HTML_CHARACTERS = 1_000_000;
/** Shorter plain text is parsed on the event loop, which takes a few milliseconds in linear time. */
const MAX_INLINE_CHARACTERS = 32_768;

/** A real page at the size limit takes about one second, a PDF of 300 pages a few seconds. */
const TIMEOUT_MS = { html: 10_000, pdf: 20_000, plain: 5_000 } as const;
type Kind = keyof typeof TIMEOUT_MS;

/** Time for which a tenant has a shorter time limit after its last page that exceeded a limit. */
const STRIKE_MS = 10 * 60_000;

/** A step reads up to four pages concurrently; two child processes use both cores of a small machine. */
const MAX_CHILDREN = 2;
const MEMORY_MB = 256;

/** Decoded text, or bytes of binary content. */
export interface PageContent {
  contentType: string;
  text: string;
  bytes?: Uint8Array;
}

export type PageReading =
  | ({ outcome: 'read' } & ReadableText)
  /** `reason` completes "it …". */
  | { outcome: 'unreadable'; reason: string };

/** Extracts the readable text of untrusted content for one tenant. */
export interface PageReader {
  /**
   * The readable text of a fetched page: HTML, Markdown, plain text or PDF.
   *
   * @throws {SandboxUnavailableError} and the signal's reason when it aborts
   */
  readPage(page: PageContent, signal: AbortSignal): Promise<PageReading>;
  /** Reads plain text or Markdown like {@link readPage}. */
  readText(text: string, signal: AbortSignal): Promise<PageReading>;
}

/**
 * Extracts the readable text of untrusted content. Parses HTML, PDF and long plain text in child processes with limits on
 * time and memory, because a few hundred kilobytes of hostile input can block or crash a parser. Tenants are served round
 * robin; each page that exceeds a limit halves the time limit of its tenant's next pages, down to a quarter.
 */
export interface PageParser {
  forTenant(tenantId: string): PageReader;
  /** Terminates the child processes. */
  close(): Promise<void>;
}

const NO_TEXT: PageReading = { outcome: 'unreadable', reason: 'has no readable text' };
const NAMES: Readonly<Record<Kind, string>> = { html: 'a page', pdf: 'a PDF', plain: 'a text' };

export function createPageParser(
  options: Partial<Pick<SandboxPoolOptions, 'size' | 'memoryMb' | 'idleMs' | 'onJob'>> & {
    timeoutMs?: Partial<Record<Kind, number>>;
  } = {},
): PageParser {
  const { timeoutMs: _own, ...limits } = options;
  const timeouts = { ...TIMEOUT_MS, ...options.timeoutMs };
  const pool = createSandboxPool({
    entry: new URL('parser.process.ts', import.meta.url),
    size: MAX_CHILDREN,
    timeoutMs: TIMEOUT_MS.html,
    memoryMb: MEMORY_MB,
    strikeMs: STRIKE_MS,
    ...limits,
  });

  return {
    close: () => pool.close(),
    forTenant: (tenantId) => createPageReader(pool, timeouts, tenantId),
  };
}

function createPageReader(pool: SandboxPool, timeouts: Readonly<Record<Kind, number>>, tenantId: string): PageReader {
  /** A parser failure makes the input unreadable; returns the reason as a string. */
  const parse = async <T>(kind: Kind, input: unknown, signal: AbortSignal): Promise<T | string> => {
    try {
      return (await pool.run(kind, input, { tenantId, signal, timeoutMs: timeouts[kind] })) as T;
    } catch (error) {
      if (error instanceof SandboxTimeoutError) {
        const note = error.timeoutMs < timeouts[kind] ? ', a limit reduced because of earlier sources' : '';
        return `is ${NAMES[kind]} that takes more than ${error.timeoutMs} ms to read${note}`;
      }
      if (error instanceof SandboxMemoryError) return `is ${NAMES[kind]} that exceeds the memory limit of the parser`;
      if (error instanceof SandboxFailedError) return `is ${NAMES[kind]} that cannot be parsed`;
      throw error;
    }
  };
  const readText = async (text: string, signal: AbortSignal): Promise<PageReading> => {
    signal.throwIfAborted();
    if (text.length <= MAX_INLINE_CHARACTERS) return toReading(plainPageText(text));
    return toReading(await parse<ReadableText | null>('plain', text, signal));
  };

  return {
    readText,
    async readPage(page, signal) {
      signal.throwIfAborted();
      switch (pageKind(page)) {
        case 'plain':
          return readText(page.text, signal);
        case 'html':
          return toReading(await parse<ReadableText | null>('html', page.text.slice(0, MAX_HTML_CHARACTERS), signal));
        case 'pdf': {
          const reading = await parse<PdfReading>('pdf', page.bytes, signal);
          if (typeof reading === 'string' || reading.outcome === 'read') return toReading(reading);
          return { outcome: 'unreadable', reason: PDF_REASONS[reading.outcome] };
        }
        case 'other':
          return NO_TEXT;
      }
    },
  };
}

const PDF_REASONS = { encrypted: 'is a PDF that needs a password', damaged: 'is a damaged PDF' } as const;

/** @param parsed the result, or the reason why the input is unreadable */
function toReading(parsed: ReadableText | string | null | undefined): PageReading {
  if (typeof parsed === 'string') return { outcome: 'unreadable', reason: parsed };
  return parsed && parsed.text !== '' ? { outcome: 'read', title: parsed.title, text: parsed.text } : NO_TEXT;
}
