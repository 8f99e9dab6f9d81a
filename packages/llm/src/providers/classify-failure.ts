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
import { parseRetryAfterMs } from './retry-after.ts';

/** The fields that the errors of both SDKs share; everything may be absent. */
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
 * Turns whatever an SDK threw into one of our errors: the only place that knows how providers fail.
 *
 * The upstream message is read to tell kinds of failure apart and then dropped, together with the error itself: it may
 * quote the prompt or the key. Codes and request ids are kept when they look like such.
 */
export function classifyFailure(
  thrown: unknown,
  origin: { provider: string; model: string; nowMs: number },
): ProviderError {
  if (thrown instanceof ProviderError) return thrown;
  const failure = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as SdkFailure;
  const status = typeof failure.status === 'number' ? failure.status : undefined;
  const upstream = failure.error?.error ?? failure.error;
  const code =
    identifier(upstream?.code) ?? identifier(upstream?.type) ?? identifier(failure.code) ?? identifier(failure.type);
  const message = typeof upstream?.message === 'string' ? upstream.message : '';

  const headers = typeof failure.headers?.get === 'function' ? failure.headers : undefined;
  const retryAfterMs = headers && parseRetryAfterMs(headers, origin.nowMs);
  const options: ProviderFaultOptions = {
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    doNotRetry: headers?.get('x-should-retry') === 'false',
  };
  const details = [
    `model ${origin.model}`,
    status !== undefined && `status ${status}`,
    code !== undefined && `code ${code}`,
    identifier(failure.requestID) !== undefined && `request ${identifier(failure.requestID) ?? ''}`,
  ];
  const say = (what: string): string => `${origin.provider} ${what} (${details.filter(Boolean).join(', ')})`;

  if (code !== undefined && OUT_OF_CREDIT.has(code))
    return new ProviderAuthFailedError(say('has no credit left'), options);
  if (isTooLong(status, code, message)) return new ContextTooLongError(say('found the prompt too long'), options);
  if (status === 401 || status === 403 || code === 'authentication_error' || code === 'permission_error') {
    return new ProviderAuthFailedError(say('refused the key'), options);
  }
  if (status === 429 || code === 'rate_limit_error' || code === 'rate_limit_exceeded') {
    return new ProviderRateLimitedError(say('limits the rate'), options);
  }
  if (status === 408 || (code !== undefined && TIMED_OUT.has(code)) || nameOf(thrown) === 'APIConnectionTimeoutError') {
    return new ProviderTimedOutError(say('timed out'), options);
  }
  if (status === 409 || (status !== undefined && status >= 500) || (code !== undefined && OVERLOADED.has(code))) {
    return new ProviderUnavailableError(say('is unavailable'), options);
  }
  if (status !== undefined && status >= 400) return new ProviderBadRequestError(say('refused the request'), options);
  if (code === 'invalid_request_error') return new ProviderBadRequestError(say('refused the request'), options);
  return new ProviderUnavailableError(
    say(`could not be reached or broke off: ${identifier(networkCode(thrown)) ?? nameOf(thrown)}`),
    options,
  );
}

function isTooLong(status: number | undefined, code: string | undefined, message: string): boolean {
  if (status === 413 || (code !== undefined && TOO_LONG.has(code))) return true;
  return status === 400 && /prompt is too long|maximum context length|exceeds? (?:the )?context/i.test(message);
}

/** Node's code of a network failure, which fetch hides one or two causes deep. */
function networkCode(thrown: unknown): unknown {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 4; error = error.cause, depth += 1) {
    if ('code' in error && typeof error.code === 'string') return error.code;
  }
  return undefined;
}

const identifier = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[A-Za-z][\w.-]{0,63}$/.test(value) && !/^sk[-_]/.test(value) ? value : undefined;

function nameOf(thrown: unknown): string {
  const name = thrown instanceof Error ? thrown.constructor.name : typeof thrown;
  return identifier(name) ?? 'Error';
}
