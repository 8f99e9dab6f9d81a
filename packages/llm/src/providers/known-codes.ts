/*
 * Provider and proxy codes that may appear in errors and logs. Servers choose their codes freely, so unknown ones could
 * contain a prompt or a key and are reported as `unknown`.
 */

/** Error codes and types of OpenAI, Anthropic and servers that imitate them. */
const PROVIDER_CODES: ReadonlySet<string> = new Set([
  'api_error',
  'authentication_error',
  'billing_error',
  'billing_hard_limit_reached',
  'billing_not_active',
  'conflict_error',
  'content_filter',
  'content_policy_violation',
  'context_length_exceeded',
  'engine_overloaded',
  'insufficient_quota',
  'internal_error',
  'internal_server_error',
  'invalid_api_key',
  'invalid_prompt',
  'invalid_request_error',
  'invalid_value',
  'model_not_available',
  'model_not_found',
  'not_found_error',
  'overloaded',
  'overloaded_error',
  'permission_error',
  'rate_limit_error',
  'rate_limit_exceeded',
  'request_timeout',
  'request_too_large',
  'requests',
  'resource_unavailable',
  'server_error',
  'service_unavailable',
  'string_above_max_length',
  'timeout_error',
  'tokens',
  'unsupported_country_region_territory',
  'unsupported_parameter',
  'unsupported_value',
]);

/** Causes of failed connections from Node and its fetch. */
const NETWORK_CODE =
  /^(?:E[A-Z]{2,15}|EAI_[A-Z]{2,12}|UND_ERR_[A-Z_]{2,30}|ERR_(?:SSL|TLS)_[A-Z0-9_]{2,50}|[A-Z_]*CERT[A-Z_]{0,40}|UNABLE_TO_[A-Z_]{2,40})$/;

/** A request id in the format of the vendors and common proxies: `req_…`, a UUID, or hexadecimal. */
const REQUEST_ID = /^(?:req_[A-Za-z0-9]{1,40}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,64})$/;

/** A known code, `unknown` for any other, `undefined` when there is none. */
export function knownProviderCode(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return PROVIDER_CODES.has(value) ? value : 'unknown';
}

export const knownRequestId = (value: unknown): string | undefined =>
  typeof value === 'string' && REQUEST_ID.test(value) ? value : undefined;

/** Node's code of a network failure, nested one or two causes deep by fetch. */
export function networkCodeOf(thrown: unknown): string | undefined {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 5; error = error.cause, depth += 1) {
    const { code } = error as { code?: unknown };
    if (typeof code === 'string' && NETWORK_CODE.test(code)) return code;
  }
  return undefined;
}
