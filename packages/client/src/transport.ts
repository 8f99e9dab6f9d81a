import type { Problem } from '@pressroom/contracts';

import { ApiError, ConnectionError } from './api-error.ts';

export interface ClientOptions {
  /** URL of the coordinator: `http://127.0.0.1:4400`, without `/v1`. */
  baseUrl: string;
  apiKey: string;
  /** Default: the platform's. */
  fetch?: typeof fetch;
  /** Waits between attempts; default a timer. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Retries after a failed connection, a 429 or a 503. Default 3. */
  maxRetries?: number;
}

export interface SendOptions {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  query?: Readonly<Record<string, string | number | boolean | undefined>>;
  headers?: Readonly<Record<string, string>>;
  json?: unknown;
  signal?: AbortSignal | undefined;
  /** Whether the request can be repeated. Default: GET and DELETE can; a POST only with an idempotency key. */
  isRepeatable?: boolean;
}

export interface Transport {
  /**
   * Sends a request and returns the successful response.
   * @throws {ApiError} for a problem document
   * @throws {ConnectionError} without a response
   */
  send(path: string, options?: SendOptions): Promise<Response>;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

const DEFAULT_MAX_RETRIES = 3;
const BASE_DELAY_MS = 250;
/** Maximum wait for a server's Retry-After. */
const MAX_DELAY_MS = 10_000;

/** Authenticated requests over fetch, retried if that is safe. */
export function createTransport(options: ClientOptions): Transport {
  const { apiKey, maxRetries = DEFAULT_MAX_RETRIES, sleep = defaultSleep } = options;
  const send = options.fetch ?? fetch;
  const origin = options.baseUrl.replace(/(?<!\/)\/+$/, '');

  const attempt = async (path: string, request: SendOptions): Promise<Response> => {
    let response: Response;
    try {
      response = await send(`${origin}${path}${queryString(request.query)}`, {
        method: request.method ?? 'GET',
        headers: {
          Authorization: `Bearer ${apiKey}`,
          ...(request.json !== undefined && { 'Content-Type': 'application/json' }),
          ...request.headers,
        },
        ...(request.json !== undefined && { body: JSON.stringify(request.json) }),
        ...(request.signal !== undefined && { signal: request.signal }),
      });
    } catch (error) {
      if (request.signal?.aborted === true) throw error;
      throw new ConnectionError(`no response from ${origin}`, { cause: error });
    }
    if (response.ok) return response;
    throw await toApiError(response);
  };

  return {
    sleep,
    async send(path, request = {}) {
      const isRepeatable = request.isRepeatable ?? request.method !== 'POST';
      for (let failures = 0; ; failures += 1) {
        try {
          return await attempt(path, request);
        } catch (error) {
          if (!isRepeatable || failures >= maxRetries || !isTransient(error)) throw error;
          const asked = error instanceof ApiError ? error.retryAfterMs : undefined;
          await sleep(Math.min(MAX_DELAY_MS, asked ?? BASE_DELAY_MS * 2 ** failures), request.signal);
        }
      }
    },
  };
}

/** Whether the same request may succeed later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  return (
    error instanceof ApiError &&
    (error.status === 429 || error.status === 502 || error.status === 503 || error.status === 504)
  );
}

async function toApiError(response: Response): Promise<ApiError> {
  const retryAfterSeconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(retryAfterSeconds) ? retryAfterSeconds * 1_000 : undefined;
  const body: unknown = await response.json().catch(() => undefined);
  if (isProblem(body)) return new ApiError(body, retryAfterMs);
  // The response comes from a proxy in front of the coordinator.
  return new ApiError(
    {
      type: 'about:blank',
      title: `HTTP ${response.status}`,
      status: response.status,
      code: response.status >= 500 ? 'UNAVAILABLE' : 'INTERNAL',
    },
    retryAfterMs,
  );
}

const isProblem = (body: unknown): body is Problem =>
  typeof body === 'object' && body !== null && 'code' in body && 'status' in body && 'title' in body;

function queryString(query: SendOptions['query']): string {
  const pairs = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined) pairs.set(key, String(value));
  }
  return pairs.size === 0 ? '' : `?${pairs.toString()}`;
}

function defaultSleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
