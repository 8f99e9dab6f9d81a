/**
 * Every stable error code. Codes are part of the API: add, never rename.
 * HTTP statuses live in the coordinator's error map; whether a code may be retried lives with the error class.
 */
export const ERROR_CODES = [
  // requests
  'VALIDATION_FAILED',
  'MALFORMED_JSON',
  'BODY_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'UNKNOWN_TASK_TYPE',
  'METHOD_NOT_ALLOWED',
  'NOT_FOUND',
  'NOT_ACCEPTABLE',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'IDEMPOTENCY_CONFLICT',
  'TASK_NOT_FINISHED',
  'TASK_ALREADY_FINISHED',
  'CONFLICT',
  'BACKLOG_FULL',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'INTERNAL',
  // configuration and start
  'CONFIG_INVALID',
  'STORE_UNSUITABLE',
  // steps
  'STEP_TIMED_OUT',
  'STEP_INPUT_INVALID',
  'TASK_DEADLINE_EXCEEDED',
  'TASK_CANCELLED',
  'LEASE_LOST',
  'PIPELINE_UNKNOWN',
  'JOB_MALFORMED',
  'AGENT_BUG',
  'NO_USABLE_SOURCE',
  'OUTPUT_INVALID',
  // gateway
  'BUDGET_EXHAUSTED',
  'NO_CANDIDATE_MODEL',
  'PRICE_UNKNOWN',
  'PROVIDER_RATE_LIMITED',
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_TIMED_OUT',
  'PROVIDER_REFUSED',
  'PROVIDER_AUTH_FAILED',
  'PROVIDER_BAD_REQUEST',
  'CONTEXT_TOO_LONG',
  'BREAKER_OPEN',
  'CALL_BUDGET_EXHAUSTED',
  // egress and tools
  'EGRESS_BLOCKED',
  'FETCH_FAILED',
  'FETCH_TIMED_OUT',
  'FETCH_TOO_LARGE',
  'FETCH_UNSUPPORTED_TYPE',
  'FETCH_ROBOTS_DISALLOWED',
  'TOOL_UNAVAILABLE',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Why a finished task is less than asked for; each carries the step it comes from. */
export const LIMITATION_CODES = [
  'SOURCE_SKIPPED',
  'SECTION_MISSING',
  'LEAD_MISSING',
  'REFINE_SKIPPED',
  'METADATA_MISSING',
  'WORD_COUNT_OFF',
  'CITATION_MISSING',
  'QUALITY_CONTRACT_UNMET',
  'DEADLINE_REACHED',
  'BUDGET_EXHAUSTED',
  'STEP_FAILED',
  'TIER_DEGRADED',
  'TOOL_SKIPPED',
] as const;
export type LimitationCode = (typeof LIMITATION_CODES)[number];
