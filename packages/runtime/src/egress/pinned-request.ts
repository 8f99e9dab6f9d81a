import { Agent, type Dispatcher, errors as undiciErrors } from 'undici';

import { FetchFailedError, FetchTimedOutError, FetchTooLargeError } from './fetch-errors.ts';
import type { Target } from './parse-target.ts';
import { ACCEPTED_ENCODINGS } from './read-body.ts';

/** Connects to the checked addresses only and does not resolve the name again. */
export function createPinnedAgent(
  addresses: readonly string[],
  limits: { connectTimeoutMs: number; firstByteTimeoutMs: number; maxHeaderBytes: number },
): Agent {
  const pinned = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return new Agent({
    connections: 1,
    pipelining: 0,
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.firstByteTimeoutMs,
    // The minimum rate and the total time are enforced by the guard.
    bodyTimeout: 0,
    connect: {
      timeout: limits.connectTimeoutMs,
      allowH2: false,
      autoSelectFamily: true,
      lookup: (_hostname, lookupOptions, callback) => {
        if (lookupOptions.all) callback(null, pinned);
        else callback(null, pinned[0]?.address ?? '', pinned[0]?.family);
      },
    },
  });
}

/** Sends one GET without following redirects; error messages are suitable for users. */
export async function request(
  agent: Agent,
  target: Target,
  options: {
    signal: AbortSignal;
    userAgent: string;
    accept: readonly string[];
    headers?: Readonly<Record<string, string>> | undefined;
  },
): Promise<Dispatcher.ResponseData> {
  try {
    return await agent.request({
      origin: target.url.origin,
      path: target.url.pathname + target.url.search,
      method: 'GET',
      signal: options.signal,
      headers: {
        ...options.headers,
        'user-agent': options.userAgent,
        accept: options.accept.join(', '),
        'accept-encoding': ACCEPTED_ENCODINGS,
      },
    });
  } catch (cause) {
    options.signal.throwIfAborted();
    throw describeRequestError(cause, target.hostname);
  }
}

function describeRequestError(cause: unknown, hostname: string): Error {
  if (cause instanceof undiciErrors.ConnectTimeoutError) {
    return new FetchTimedOutError(`connecting to ${hostname} took too long`, { cause });
  }
  if (cause instanceof undiciErrors.HeadersTimeoutError) {
    return new FetchTimedOutError(`${hostname} did not start to respond in time`, { cause });
  }
  if (cause instanceof undiciErrors.HeadersOverflowError) {
    return new FetchTooLargeError('the headers of the response are too large', { cause });
  }
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  if (code.startsWith('ERR_TLS_') || code.startsWith('CERT_') || code.includes('_CERT')) {
    return new FetchFailedError(`the certificate of ${hostname} is not valid`, { retryable: false, cause });
  }
  return new FetchFailedError(`${hostname} could not be reached`, { retryable: true, cause });
}
