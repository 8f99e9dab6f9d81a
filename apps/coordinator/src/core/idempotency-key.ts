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
