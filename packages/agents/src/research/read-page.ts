import { Worker } from 'node:worker_threads';
import { pageKind, plainPageText, type ReadableText } from './core/readable-text.ts';

/** More HTML than this is no article. */
const MOST_HTML_CHARACTERS = 1_000_000;
/** A real page of that size takes a second. */
const LIMIT_MS = 10_000;
const LIMIT_MEMORY_MB = 256;

/**
 * The readable text of a fetched page; undefined when it has none, is no text, or is more than its limits allow.
 *
 * HTML is parsed in a thread of its own: a few hundred kilobytes of hostile markup keep a parser busy for minutes, which
 * here would hold up every other step of the process and cost it its leases. The thread has no environment.
 *
 * @throws the signal's reason when it aborts
 */
export async function readPage(
  page: { contentType: string; text: string },
  signal: AbortSignal,
  limitMs = LIMIT_MS,
): Promise<ReadableText | undefined> {
  const kind = pageKind(page);
  if (kind === 'plain') return plainPageText(page.text);
  return kind === 'html' ? readInThread(page.text.slice(0, MOST_HTML_CHARACTERS), signal, limitMs) : undefined;
}

async function readInThread(html: string, signal: AbortSignal, limitMs: number): Promise<ReadableText | undefined> {
  signal.throwIfAborted();
  const ends = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  const thread = new Worker(new URL('readable-text.thread.ts', import.meta.url), {
    workerData: html,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: LIMIT_MEMORY_MB },
  });
  try {
    return await new Promise<ReadableText | undefined>((resolve, reject) => {
      const onEnd = (): void => {
        // Out of time is the page's fault and means "nothing readable"; everything else is the caller's wish.
        if (signal.aborted) reject(signal.reason as Error);
        else resolve(undefined);
      };
      ends.addEventListener('abort', onEnd, { once: true });
      thread.once('message', (text: ReadableText | null) => {
        resolve(text ?? undefined);
      });
      // Out of memory, or a bug in a parser: either way there is nothing to read.
      thread.once('error', () => {
        resolve(undefined);
      });
      thread.once('exit', () => {
        resolve(undefined);
      });
    });
  } finally {
    await thread.terminate();
  }
}
