import { ProviderRedirectedError, ReplyTooLongError } from '../../errors.ts';
import type { WireLimits } from './reply-limits.ts';

type Fetch = typeof globalThis.fetch;

/** The fetch of one provider request; records whether it was started. */
export interface ProviderFetch {
  fetch: Fetch;
  /** False until a connection was requested: nothing can have been sent. */
  wasStarted(): boolean;
  /** Why no response was received: the SDKs drop details. */
  failure(): unknown;
}

const LINE_FEED = 10;

/**
 * Creates the fetch of one provider request. It follows no redirect, because that would send prompt and key to another
 * host, and reads no more of the reply than `limits`, after decompression.
 */
export function createProviderFetch(options: {
  provider: string;
  model: string;
  limits: WireLimits;
  fetch?: Fetch | undefined;
}): ProviderFetch {
  const { provider, model, limits } = options;
  const send = options.fetch ?? globalThis.fetch;
  let started = false;
  let failure: unknown;
  return {
    wasStarted: () => started,
    failure: () => failure,
    fetch: async (input, init) => {
      started = true;
      const response = await send(input, { ...init, redirect: 'manual' }).catch((error: unknown) => {
        failure = error;
        throw error;
      });
      if (response.status >= 300 && response.status < 400) {
        await response.body?.cancel();
        throw new ProviderRedirectedError(describeRedirect(provider, model, response));
      }
      if (!response.body) return response;
      const body = response.ok
        ? limitReply(
            response.body,
            limits,
            (what) => new ReplyTooLongError(`${provider} sent ${what} (model ${model})`),
          )
        : limitError(response.body, limits.maxErrorBytes);
      return new Response(body, {
        status: response.status,
        statusText: response.statusText,
        headers: response.headers,
      });
    },
  };
}

function describeRedirect(provider: string, model: string, response: Response): string {
  const location = response.headers.get('location');
  const target = location !== null && URL.canParse(location) ? new URL(location).host : undefined;
  const where = target === undefined ? '' : ` to ${target.slice(0, 100)}`;
  return (
    `${provider} answered with a redirect${where} (model ${model}, status ${response.status}); redirects are refused: ` +
    'set the provider’s baseURL to the address that serves it'
  );
}

function limitReply(
  body: ReadableStream<Uint8Array>,
  limits: WireLimits,
  tooLong: (what: string) => Error,
): ReadableStream<Uint8Array> {
  let bytes = 0;
  let lineBytes = 0;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        const lastBreak = chunk.lastIndexOf(LINE_FEED);
        // Only a line that spans chunks can be endless: a chunk itself is small.
        lineBytes = lastBreak < 0 ? lineBytes + chunk.byteLength : chunk.byteLength - lastBreak - 1;
        if (bytes > limits.maxBytes) throw tooLong(`more than ${limits.maxBytes} bytes`);
        if (lineBytes > limits.maxLineBytes) throw tooLong(`an event of more than ${limits.maxLineBytes} bytes`);
        controller.enqueue(chunk);
      },
    }),
  );
}

function limitError(body: ReadableStream<Uint8Array>, maxBytes: number): ReadableStream<Uint8Array> {
  let left = maxBytes;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        controller.enqueue(chunk.subarray(0, left));
        left -= chunk.byteLength;
        // Ends the readable side and cancels the connection.
        if (left <= 0) controller.terminate();
      },
    }),
  );
}
