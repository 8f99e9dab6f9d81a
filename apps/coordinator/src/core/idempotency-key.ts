import { invalid } from '../errors/request-error.ts';

/** Longest key a caller may send, in characters. */
const MAX_KEY_LENGTH = 255;

/**
 * Checks an `Idempotency-Key` header: 1 to 255 visible ASCII characters.
 * @throws {RequestError} VALIDATION_FAILED
 */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (header.length <= MAX_KEY_LENGTH && /^[\x21-\x7e]+$/.test(header)) return header;
  throw invalid([{ path: 'Idempotency-Key', message: `must be 1 to ${MAX_KEY_LENGTH} visible ASCII characters` }]);
}

/** Forms of the keys that bulk requests and schedules give their tasks. */
const MADE_BY_US = /#\d+$|^schedule:/;

/** The stored key of the task at this place of a bulk request. */
export const bulkItemKey = (key: string, index: number): string => `${key}#${index}`;

/**
 * The stored key of a single submission. One that looks like a key of ours is stored with a space, which no header can hold,
 * so that it names no task of a bulk request or schedule. Earlier releases stored it as it came: `formerKey`.
 */
export function singleTaskKey(key: string): { key: string; formerKey?: string } {
  return MADE_BY_US.test(key) ? { key: `key ${key}`, formerKey: key } : { key };
}
