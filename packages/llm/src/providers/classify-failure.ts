import {
  ContextTooLongError,
  ProviderAuthFailedError,
  ProviderBadRequestError,
  ProviderError,
  ProviderRateLimitedError,
  ProviderTimedOutError,
  ProviderUnavailableError,
  type ProviderFaultOptions,
} from '../errors.ts';
import { knownProviderCode, knownRequestId, networkCodeOf } from './known-codes.ts';
import { parseRetryAfterMs } from './retry-after.ts';
import { isBeforeFirstByte } from './transport/is-before-first-byte.ts';

/** The fields shared by the errors of both SDKs; every field may be absent. */
interface SdkFailure {
  status?: unknown;
  headers?: Pick<Headers, 'get'>;
  requestID?: unknown;
  code?: unknown;
  type?: unknown;
  error?: {
    type?: unknown;
    code?: unknown;
    message?: unknown;
    error?: { type?: unknown; code?: unknown; message?: unknown };
  };
}

const OUT_OF_CREDIT = new Set([
  'insufficient_quota',
  'billing_error',
  'billing_hard_limit_reached',
  'billing_not_active',
]);
const TOO_LONG = new Set(['context_length_exceeded', 'string_above_max_length', 'request_too_large']);
const OVERLOADED = new Set([
  'overloaded_error',
  'api_error',
  'server_error',
  'internal_server_error',
  'service_unavailable',
]);
const TIMED_OUT = new Set(['timeout_error', 'request_timeout']);

/**
 * Statuses after which the model may have served and billed the request although a proxy or the provider stopped waiting:
 * request timeout, client closed request (nginx), gateway timeout, a timeout occurred (Cloudflare).
 */
const POSSIBLY_SERVED = new Set([408, 499, 504, 524]);

export interface FailureOrigin {
  provider: string;
  model: string;
  /** Base URL of the provider: errors name its host and port. */
  baseURL: string;
  nowMs: number;
  /** Whether the request had been passed to the network when it failed. */
  wasStarted: boolean;
}

/**
 * Converts a value thrown by an SDK into a `ProviderError`. The only place that knows how providers fail.
 *
 * The upstream message is used for classification and then dropped together with the error, because it may quote the
 * prompt or the key. Known codes and request ids are kept.
 */
export function classifyFailure(thrown: unknown, origin: FailureOrigin): ProviderError {
  const known = findProviderError(thrown);
  if (known) return known;
  const failure = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as SdkFailure;
  const status = typeof failure.status === 'number' ? failure.status : undefined;
  const upstream = failure.error?.error ?? failure.error;
  const code = firstKnown([upstream?.code, upstream?.type, failure.code, failure.type].map(knownProviderCode));
  const requestId = knownRequestId(failure.requestID);
  const message = typeof upstream?.message === 'string' ? upstream.message : '';

  const headers = typeof failure.headers?.get === 'function' ? failure.headers : undefined;
  const retryAfterMs = headers && parseRetryAfterMs(headers, origin.nowMs);
  const options: ProviderFaultOptions = {
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    doNotRetry: headers?.get('x-should-retry') === 'false',
    isFree: isFree(thrown, status, origin),
  };
  const details = [
    `model ${origin.model}`,
    status !== undefined && `status ${status}`,
    code !== undefined && `code ${code}`,
    requestId !== undefined && `request ${requestId}`,
  ];
  const describe = (what: string): string => `${origin.provider} ${what} (${details.filter(Boolean).join(', ')})`;

  if (code !== undefined && OUT_OF_CREDIT.has(code))
    return new ProviderAuthFailedError(describe('has no credit left'), options);
  if (isTooLong(status, code, message)) return new ContextTooLongError(describe('found the prompt too long'), options);
  if (status === 401 || status === 403 || code === 'authentication_error' || code === 'permission_error') {
    return new ProviderAuthFailedError(describe('refused the key'), options);
  }
  if (status === 429 || code === 'rate_limit_error' || code === 'rate_limit_exceeded') {
    return new ProviderRateLimitedError(describe('limits the rate'), options);
  }
  const network = networkCodeOf(thrown);
  if (status === 408 || status === 504 || status === 524 || (code !== undefined && TIMED_OUT.has(code))) {
    return new ProviderTimedOutError(describe('timed out'), options);
  }
  const address = addressOf(origin.baseURL);
  if (isNetworkTimeout(thrown, network)) {
    return new ProviderTimedOutError(
      describe(`did not answer in time at ${address}: ${network ?? 'time-out'}`),
      options,
    );
  }
  if (status === 409 || (status !== undefined && status >= 500) || (code !== undefined && OVERLOADED.has(code))) {
    return new ProviderUnavailableError(describe('is unavailable'), options);
  }
  if (status !== undefined && status >= 400)
    return new ProviderBadRequestError(describe('refused the request'), options);
  if (code === 'invalid_request_error') return new ProviderBadRequestError(describe('refused the request'), options);
  return new ProviderUnavailableError(
    describe(describeConnectionFailure(thrown, options.isFree === true, address)),
    options,
  );
}

function describeConnectionFailure(thrown: unknown, wasNotSent: boolean, address: string): string {
  const network = networkCodeOf(thrown);
  if (wasNotSent) return `could not be reached at ${address}: ${network ?? 'the connection was refused'}`;
  if (network !== undefined) return `closed the connection at ${address}: ${network}`;
  return thrown instanceof SyntaxError ? `sent invalid JSON from ${address}` : `ended its reply early at ${address}`;
}

const TIMEOUT_CODES = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

const isNetworkTimeout = (thrown: unknown, network: string | undefined): boolean =>
  (network !== undefined && TIMEOUT_CODES.has(network)) ||
  (thrown instanceof Error && thrown.constructor.name === 'APIConnectionTimeoutError');

/** The transport throws `ProviderError`s, which the SDKs wrap. */
function findProviderError(thrown: unknown): ProviderError | undefined {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth += 1) {
    if (error instanceof ProviderError) return error;
  }
  return undefined;
}

/**
 * Whether the request was certainly not billed: it failed before a byte was written, or an error status says that it was
 * not served.
 */
function isFree(thrown: unknown, status: number | undefined, { wasStarted }: FailureOrigin): boolean {
  if (status !== undefined) return status >= 400 && !POSSIBLY_SERVED.has(status);
  return !wasStarted || isBeforeFirstByte(thrown);
}

/** Several fields may hold a code: a known code is preferred to an unknown one. */
const firstKnown = (codes: readonly (string | undefined)[]): string | undefined =>
  codes.find((code) => code !== undefined && code !== 'unknown') ?? codes.find((code) => code !== undefined);

/** `host:port` of a base URL. */
function addressOf(baseURL: string): string {
  if (!URL.canParse(baseURL)) return 'an invalid base URL';
  const { hostname, port, protocol } = new URL(baseURL);
  return `${hostname}:${port === '' ? (protocol === 'http:' ? '80' : '443') : port}`;
}

function isTooLong(status: number | undefined, code: string | undefined, message: string): boolean {
  if (status === 413 || (code !== undefined && TOO_LONG.has(code))) return true;
  return status === 400 && /prompt is too long|maximum context length|exceeds? (?:the )?context/i.test(message);
}
