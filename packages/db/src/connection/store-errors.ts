import { AppError, errorMessage } from '@pressroom/runtime';

import { dataExceptionState, DataRefusedError } from './data-refused-error.ts';

/** The database is unreachable or does not respond; retry later. */
export class StoreUnavailableError extends AppError {
  readonly code = 'UNAVAILABLE';
  readonly retryable = true;
}

/**
 * Another transaction has locked a row that the statement needs; nothing was written. Unlike an outage, this affects only that
 * row.
 */
export class RowLockedError extends AppError {
  readonly code = 'UNAVAILABLE';
  readonly retryable = true;

  constructor(cause: unknown) {
    super('another transaction has locked a row that the statement needs', { cause, retryAfterMs: 1_000 });
  }
}

/** PostgreSQL error classes and codes after which the same statement may succeed (SQLSTATE appendix of its manual). */
const UNAVAILABLE_CLASSES = ['08', '53', '57', '58'];
/** Prisma's codes for: unreachable, connection time-out, operation time-out, connection closed, pool time-out. */
const PRISMA_CODES = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024']);
/** Read-only after a failover made the server a standby; terminated for idling in a transaction. */
const UNAVAILABLE_CODES = new Set(['25006', '25P03']);
const CONFLICT_CODES = new Set(['40001', '40P01']);
const LOCK_TIMEOUT_CODE = '55P03';
const OUT_OF_MEMORY_CODE = '53200';
const STATEMENT_TIMEOUT_CODE = '57014';
const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENOENT',
]);
const NETWORK_MESSAGES =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|client has encountered a connection error|not queryable|cannot use a pool after/i;

const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
};

/** Was the statement rolled back only because of a conflict with another one (deadlock, serialization)? */
export const isConflict = (error: unknown): boolean => CONFLICT_CODES.has(codeOf(error));

/** Did the statement wait for a row lock for longer than its `lock_timeout`? */
export const isLockTimeout = (error: unknown): boolean => codeOf(error) === LOCK_TIMEOUT_CODE;

/** Does a row with these values exist already? */
export const isUniqueViolation = (error: unknown): boolean => codeOf(error) === '23505';

/**
 * Did the statement exceed a limit of the server: value size, memory or time? It may succeed with less data. Also recognises
 * errors converted by `translateStoreError`.
 */
export function isBeyondLimits(error: unknown): boolean {
  const code = codeOf(error instanceof StoreUnavailableError ? error.cause : error);
  return code.startsWith('54') || code === OUT_OF_MEMORY_CODE || code === STATEMENT_TIMEOUT_CODE;
}

/** Did the connection or the server fail? The statement may or may not have been committed. */
export function isConnectionFailure(error: unknown): boolean {
  if (error instanceof StoreUnavailableError) return true;
  const code = codeOf(error);
  if (NETWORK_CODES.has(code) || UNAVAILABLE_CODES.has(code) || PRISMA_CODES.has(code)) return true;
  if (code.length === 5 && UNAVAILABLE_CLASSES.includes(code.slice(0, 2))) return true;
  return (
    NETWORK_MESSAGES.test(errorMessage(error)) ||
    (error instanceof AggregateError && error.errors.some(isConnectionFailure))
  );
}

/** Converts connection failures, lock time-outs and rejected values to typed errors; returns other errors unchanged. */
export function translateStoreError(error: unknown): unknown {
  if (error instanceof StoreUnavailableError) return error;
  if (isLockTimeout(error)) return new RowLockedError(error);
  const state = dataExceptionState(error);
  if (state !== undefined) return new DataRefusedError(state, error);
  if (!isConnectionFailure(error)) return error;
  return new StoreUnavailableError('the database is unreachable', { cause: error, retryAfterMs: 2_000 });
}
