/** Codes of rejected requests and failed starts. */
export const REQUEST_CODES = [
  'VALIDATION_FAILED',
  'MALFORMED_JSON',
  'MALFORMED_REQUEST',
  'REQUEST_TIMED_OUT',
  'HEADERS_TOO_LARGE',
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
  'TASK_FAILED',
  'CONFLICT',
  'APPROVAL_NOT_PENDING',
  'BACKLOG_FULL',
  'RATE_LIMITED',
  'CONCURRENCY_LIMITED',
  'QUOTA_EXCEEDED',
  'STORAGE_QUOTA_EXCEEDED',
  'UNAVAILABLE',
  'INTERNAL',
  // configuration and start
  'CONFIG_INVALID',
  'STORE_UNSUITABLE',
] as const;

/** Codes of attempts and steps. */
const STEP_CODES = [
  'STEP_TIMED_OUT',
  'STEP_INPUT_INVALID',
  'TASK_DEADLINE_EXCEEDED',
  'TASK_CANCELLED',
  'APPROVAL_REJECTED',
  'APPROVAL_EXPIRED',
  'LEASE_LOST',
  'STEP_CRASHED',
  'PIPELINE_UNKNOWN',
  'AGENT_UNKNOWN',
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
  // parsing in child processes
  'SANDBOX_TIMED_OUT',
  'SANDBOX_OUT_OF_MEMORY',
  'SANDBOX_FAILED',
  'SANDBOX_UNAVAILABLE',
] as const;

/**
 * All stable error codes. Codes are part of the API: add, never rename. The coordinator's error map defines HTTP statuses; the
 * error class defines whether a code is retryable.
 */
export const ERROR_CODES = [...REQUEST_CODES, ...STEP_CODES] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Codes of tasks or attempts that leave no dead letter. */
const WITHOUT_DEAD_LETTER: ReadonlySet<ErrorCode> = new Set(['LEASE_LOST', 'TASK_CANCELLED', 'TASK_DEADLINE_EXCEEDED']);

/** Dead letter codes of this release. Those of earlier releases may have others of `ERROR_CODES`. */
export const DEAD_LETTER_ERROR_CODES: readonly ErrorCode[] = [
  ...STEP_CODES.filter((code) => !WITHOUT_DEAD_LETTER.has(code)),
  'UNAVAILABLE',
  'INTERNAL',
];

/** Why a finished task is incomplete or below its requirements; each limitation names its step. */
export const LIMITATION_CODES = [
  'SOURCE_SKIPPED',
  'PROMPT_INJECTION_SUSPECTED',
  'SOURCES_THIN',
  'SECTION_MISSING',
  'LEAD_MISSING',
  'REFINE_SKIPPED',
  'METADATA_MISSING',
  'WORD_COUNT_OFF',
  'CITATION_MISSING',
  'QUALITY_CHECK_FAILED',
  'FACTS_CHANGED',
  'VARIANTS_MISSING',
  'LABEL_UNCERTAIN',
  'DEADLINE_REACHED',
  'BUDGET_EXHAUSTED',
  'STEP_FAILED',
  'TIER_DEGRADED',
  'TOOL_SKIPPED',
  'APPROVAL_REJECTED',
  'APPROVAL_EXPIRED',
] as const;
export type LimitationCode = (typeof LIMITATION_CODES)[number];
