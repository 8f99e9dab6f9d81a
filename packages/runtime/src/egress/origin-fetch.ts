import { EgressBlockedError, FetchTooLargeError } from './fetch-errors.ts';

/** The standard's `fetch`, for libraries that accept one. */
export type FetchFunction = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * Creates a `fetch` that restricts a client library to one service configured by an administrator. Rejects requests to
 * other origins and redirects, and reads no response beyond `maxBytes`, decompressed. The address may be private, so never
 * pass an origin from a user.
 *
 * @param origin `https://host:port`
 * @throws {EgressBlockedError}; a body that is too large fails with {@link FetchTooLargeError} while it is read
 */
export function createOriginFetch(options: { origin: string; maxBytes: number }): FetchFunction {
  const { origin } = new URL(options.origin);
  return async (url, init) => {
    const target = new URL(url);
    if (target.origin !== origin)
      throw new EgressBlockedError(`${target.hostname} is refused: it is not the configured service`);
    const response = await fetch(target, {
      ...init,
      redirect: 'manual',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    });
    if (response.status >= 300 && response.status < 400 && response.headers.has('location')) {
      await response.body?.cancel();
      throw new EgressBlockedError(`${target.hostname} is refused: it redirects`);
    }
    if (response.body === null) return response;
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(atMost(options.maxBytes)), { status, statusText, headers });
  };
}

function atMost(maxBytes: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) controller.error(new FetchTooLargeError(`the response is larger than ${maxBytes} bytes`));
      else controller.enqueue(chunk);
    },
  });
}
