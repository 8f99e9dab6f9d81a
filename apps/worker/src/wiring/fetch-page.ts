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
  // What many servers call a PDF; anything else of that type is refused below.
  'application/octet-stream',
];

/**
 * Pages through the egress guard, for sources that users name and searches find: each hop only as far as the site's
 * robots.txt allows it.
 *
 * @param deps.userAgent how requests introduce themselves; sites name its first word in their robots.txt
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
