import { lookup } from 'node:dns/promises';

import type { Dispatcher } from 'undici';

import { type Clock, systemClock } from '../clock.ts';
import { deadlineSignal } from '../deadline.ts';
import { isAcceptedType, isTextType, parseContentType } from './content-type.ts';
import { decodeText } from './decode-text.ts';
import { EgressBlockedError, FetchFailedError, FetchTimedOutError, FetchUnsupportedTypeError } from './fetch-errors.ts';
import { isInternalName, parseTarget, type Target } from './parse-target.ts';
import { createPinnedAgent, request } from './pinned-request.ts';
import { type BodyLimits, type Overflow, readBody, tooLarge } from './read-body.ts';
import { actualType } from './sniff-content.ts';
import { type AllowEndpoint, vetTarget } from './vet-target.ts';

export interface FetchLimits extends BodyLimits {
  /** Total time: name resolution, connections, redirects and body. */
  timeoutMs: number;
  connectTimeoutMs: number;
  /** From the request to the response's headers, for each hop. */
  firstByteTimeoutMs: number;
  maxHeaderBytes: number;
  maxRedirects: number;
  ports: readonly number[];
  /** Default content types: whole types, or `text/*`. */
  accept: readonly string[];
}

export const DEFAULT_FETCH_LIMITS: FetchLimits = {
  maxBytes: 5 * 1_024 * 1_024,
  minBytesPerSecond: 512,
  rateGraceMs: 5_000,
  timeoutMs: 20_000,
  connectTimeoutMs: 5_000,
  firstByteTimeoutMs: 10_000,
  maxHeaderBytes: 16_384,
  maxRedirects: 5,
  ports: [80, 443],
  accept: [
    'text/html',
    'application/xhtml+xml',
    'text/plain',
    'text/markdown',
    'application/json',
    'text/xml',
    'application/xml',
  ],
};

export interface FetchOptions {
  signal?: AbortSignal;
  /** May only lower the limits. */
  maxBytes?: number;
  timeoutMs?: number;
  maxRedirects?: number;
  accept?: readonly string[];
  /** Sent to the first URL's origin only, so that a redirect never receives a key. */
  headers?: Readonly<Record<string, string>>;
  /** Handling of a body that is too large: an error, or truncation. Default `fail`. */
  overflow?: Overflow;
  /** Called before every request, redirects included, after its addresses were checked; throws to prevent it. */
  beforeHop?: (url: URL, signal: AbortSignal) => Promise<void>;
}

export interface FetchedDocument {
  /** Final URL of the content. */
  url: string;
  /** Always 2xx. */
  status: number;
  /** Lower case, without parameters: as declared, or PDF if the bytes are one. Contradicted types are rejected. */
  contentType: string;
  /** Charset used for decoding; undefined for binary content. */
  charset: string | undefined;
  /** Undefined for binary content. */
  text: string | undefined;
  /** Decompressed. */
  bytes: Uint8Array;
  /** URLs that redirected to `url`. */
  redirects: string[];
}

export type GuardedFetch = (url: string, options?: FetchOptions) => Promise<FetchedDocument>;

/** Resolves a name to all its addresses. */
export type Resolve = (hostname: string) => Promise<string[]>;

export const systemResolve: Resolve = async (hostname) =>
  (await lookup(hostname, { all: true, order: 'verbatim' })).map(({ address }) => address);

/**
 * The only way to fetch URLs from users. Allows http and https on allowed ports to public addresses. A name is resolved once
 * and the connection uses exactly the checked addresses (which defeats DNS rebinding), while TLS still verifies the name.
 * Every redirect is checked like the first URL. Sends no cookies, credentials or referrer, and ignores proxy variables.
 *
 * Rejects with EgressBlockedError, FetchFailedError (network, non-2xx), FetchTimedOutError, FetchTooLargeError or
 * FetchUnsupportedTypeError, whose messages are suitable for users, or with the signal's reason when the caller aborts.
 *
 * @param options.allow exceptions to the rules; see `allowEndpoints`
 */
export function createGuardedFetch(
  options: {
    resolve?: Resolve;
    clock?: Clock;
    limits?: Partial<FetchLimits>;
    allow?: AllowEndpoint;
    userAgent?: string;
  } = {},
): GuardedFetch {
  const { resolve = systemResolve, clock = systemClock, allow = () => false, userAgent = 'Pressroom/1.0' } = options;
  const base: FetchLimits = { ...DEFAULT_FETCH_LIMITS, ...options.limits };

  const vet = async (target: Target, signal: AbortSignal): Promise<string[]> => {
    // Checked before resolution, which would reveal the name to the network's own servers.
    if (isInternalName(target.hostname) && !allow({ hostname: target.hostname, address: '', port: target.port })) {
      throw blocked(target, 'its name is internal');
    }
    const addresses = target.isAddress ? [target.hostname] : await resolveName(target.hostname, resolve, signal);
    const vetted = vetTarget(target, addresses, { ports: base.ports, allow });
    if (vetted.outcome === 'refused') throw blocked(target, vetted.reason);
    return addresses;
  };

  return async (input, call = {}) => {
    const limits: FetchLimits = {
      ...base,
      maxBytes: Math.min(base.maxBytes, call.maxBytes ?? Infinity),
      timeoutMs: Math.min(base.timeoutMs, call.timeoutMs ?? Infinity),
      maxRedirects: Math.min(base.maxRedirects, call.maxRedirects ?? Infinity),
      accept: call.accept ?? base.accept,
    };
    const overflow = call.overflow ?? 'fail';
    const deadline = deadlineSignal({
      atMs: clock.monotonicMs() + limits.timeoutMs,
      clock,
      reason: () => new FetchTimedOutError(`the response took longer than ${limits.timeoutMs} ms`),
      ...(call.signal !== undefined && { parent: call.signal }),
    });
    const { signal } = deadline;
    const redirects: string[] = [];
    try {
      signal.throwIfAborted();
      let target = readTarget(input);
      const { origin } = target.url;
      for (;;) {
        const addresses = await vet(target, signal);
        await call.beforeHop?.(target.url, signal);
        const agent = createPinnedAgent(addresses, limits);
        try {
          const headers = target.url.origin === origin ? call.headers : undefined;
          const response = await request(agent, target, { signal, userAgent, accept: limits.accept, headers });
          // A discarded body emits an error that has no other listener.
          response.body.on('error', () => undefined);
          const location = redirectLocation(response);
          if (location === undefined)
            return { ...(await readDocument(response, target, { limits, overflow, clock, signal })), redirects };
          response.body.destroy();
          if (redirects.length >= limits.maxRedirects) {
            throw new FetchFailedError(`more than ${limits.maxRedirects} redirects`, { retryable: false });
          }
          redirects.push(target.url.href);
          target = readTarget(location, target.url);
        } finally {
          // Not awaited: the peer could delay it by keeping the connection open.
          agent.destroy().catch(() => undefined);
        }
      }
    } catch (error) {
      if (signal.aborted) throw signal.reason as Error;
      throw error;
    } finally {
      deadline.clear();
    }
  };
}

function readTarget(input: string, base?: URL): Target {
  const parsed = parseTarget(input, base);
  if (parsed.outcome === 'ok') return parsed.target;
  throw new EgressBlockedError(`${base === undefined ? 'the URL' : 'a redirect'} is refused: ${parsed.reason}`);
}

const blocked = (target: Target, reason: string): EgressBlockedError =>
  new EgressBlockedError(`${target.hostname} is refused: ${reason}`);

async function resolveName(hostname: string, resolve: Resolve, signal: AbortSignal): Promise<string[]> {
  // The system resolver cannot be interrupted, so its result is ignored.
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        reject(signal.reason as Error);
      },
      { once: true },
    );
  });
  aborted.catch(() => undefined);
  try {
    return await Promise.race([resolve(hostname), aborted]);
  } catch (cause) {
    signal.throwIfAborted();
    const isUnknown = (cause as NodeJS.ErrnoException).code === 'ENOTFOUND';
    throw new FetchFailedError(`the name ${hostname} ${isUnknown ? 'does not exist' : 'could not be resolved'}`, {
      retryable: !isUnknown,
      cause,
    });
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function redirectLocation(response: Dispatcher.ResponseData): string | undefined {
  const { location } = response.headers;
  return REDIRECTS.has(response.statusCode) && typeof location === 'string' ? location : undefined;
}

async function readDocument(
  response: Dispatcher.ResponseData,
  target: Target,
  reading: { limits: FetchLimits; overflow: Overflow; clock: Clock; signal: AbortSignal },
): Promise<Omit<FetchedDocument, 'redirects'>> {
  const { headers, statusCode: status } = response;
  const { limits, signal } = reading;
  const rejection = rejectByHeaders(response, target, limits, reading.overflow);
  if (rejection !== undefined) {
    response.body.destroy();
    throw rejection;
  }
  const { type, charset } = parseContentType(single(headers['content-type']));
  const bytes = await readBody(response.body, single(headers['content-encoding']), reading).catch((error: unknown) => {
    if (error instanceof Error && 'retryable' in error) throw error;
    signal.throwIfAborted();
    throw new FetchFailedError(`the response of ${target.hostname} is incomplete or damaged`, {
      retryable: true,
      cause: error,
    });
  });
  const contentType = actualType(type, charset, bytes);
  if (contentType === undefined || !isAcceptedType(contentType, limits.accept)) {
    throw new FetchUnsupportedTypeError(`the content does not match its declared type ${type.slice(0, 60)}`);
  }
  const decoded = isTextType(contentType) ? decodeText(bytes, charset) : undefined;
  return { url: target.url.href, status, contentType, charset: decoded?.charset, text: decoded?.text, bytes };
}

function rejectByHeaders(
  response: Dispatcher.ResponseData,
  target: Target,
  limits: FetchLimits,
  overflow: Overflow,
): Error | undefined {
  const { headers, statusCode: status } = response;
  if (status < 200 || status > 299) {
    const retryAfterSeconds = Number(single(headers['retry-after']));
    return new FetchFailedError(`${target.hostname} answered with status ${status}`, {
      status,
      retryable: status === 408 || status === 425 || status === 429 || status >= 500,
      ...(retryAfterSeconds > 0 && { retryAfterMs: Math.round(retryAfterSeconds * 1_000) }),
    });
  }
  const { type } = parseContentType(single(headers['content-type']));
  if (!isAcceptedType(type, limits.accept)) {
    return new FetchUnsupportedTypeError(
      type === '' ? 'the response names no content type' : `content of type ${type.slice(0, 60)} is not supported`,
    );
  }
  const isTooLarge = Number(single(headers['content-length'])) > limits.maxBytes;
  return isTooLarge && overflow === 'fail' ? tooLarge(limits.maxBytes) : undefined;
}

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(', ') : header;
