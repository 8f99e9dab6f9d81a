import type { FetchedPage } from '@pressroom/agents';
import {
  allowEndpoints,
  createGuardedFetch,
  createRobotsGate,
  FetchUnsupportedTypeError,
  type Clock,
} from '@pressroom/runtime';

/** PDFs are larger than pages. */
const MAX_BYTES = 10 * 1_024 * 1_024;
const ACCEPT = [
  'text/html',
  'application/xhtml+xml',
  'text/plain',
  'text/markdown',
  'text/x-markdown',
  'text/xml',
  'application/xml',
  'application/json',
  'application/pdf',
  'application/x-pdf',
  // Many servers send PDFs with this type; other content of this type is rejected below.
  'application/octet-stream',
];

/**
 * Fetches pages through the egress guard, for sources named by users or found by searches. Every hop must be allowed by the
 * site's robots.txt.
 *
 * @param deps.userAgent sent with requests; its first word is matched with robots.txt
 */
export function createFetchPage(deps: {
  allowHosts: readonly string[];
  userAgent: string;
  clock: Clock;
}): (url: string, signal: AbortSignal) => Promise<FetchedPage> {
  const { clock, userAgent } = deps;
  const fetchDocument = createGuardedFetch({
    clock,
    userAgent,
    allow: allowEndpoints(deps.allowHosts),
    limits: { maxBytes: MAX_BYTES },
  });
  const robots = createRobotsGate({ fetch: fetchDocument, clock, userAgent });
  return async (url, signal) => {
    const document = await fetchDocument(url, {
      signal,
      accept: ACCEPT,
      beforeHop: (hop, hopSignal) => robots.check(hop, hopSignal),
    });
    const { contentType, text, bytes } = document;
    if (text === undefined && contentType !== 'application/pdf') {
      throw new FetchUnsupportedTypeError(`content of type ${contentType} is not supported`);
    }
    return {
      url: document.url,
      contentType,
      text: text ?? '',
      ...(text === undefined && { bytes }),
      fetchedAtMs: clock.nowMs(),
    };
  };
}
