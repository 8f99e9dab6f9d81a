import type { FetchedPage } from '@pressroom/agents';
import { allowEndpoints, createGuardedFetch, type Clock } from '@pressroom/runtime';

/** Pages through the egress guard, for sources that users name. */
export function createFetchPage(deps: {
  allowHosts: readonly string[];
  clock: Clock;
}): (url: string, signal: AbortSignal) => Promise<FetchedPage> {
  const fetchDocument = createGuardedFetch({ clock: deps.clock, allow: allowEndpoints(deps.allowHosts) });
  return async (url, signal) => {
    const document = await fetchDocument(url, { signal });
    return {
      url: document.url,
      contentType: document.contentType,
      // The accepted types are all text; PDF and other binary formats are not taken here.
      text: document.text ?? '',
      fetchedAtMs: deps.clock.nowMs(),
    };
  };
}
