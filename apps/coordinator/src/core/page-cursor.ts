import { canonicalJson, sha256Hex } from '@pressroom/runtime';

import { invalid } from '../errors/request-error.ts';

const CHECK_LENGTH = 12;

/**
 * A store's cursor as callers get it: with a check that ties it to the list it belongs to. It is no secret; it detects
 * a mistyped or misused cursor, which would otherwise silently return the wrong page.
 *
 * @param list what identifies the list: its filter
 */
export function sealCursor(cursor: string, list: Readonly<Record<string, unknown>>): string {
  return `${Buffer.from(cursor).toString('base64url')}.${checkOf(cursor, list)}`;
}

/** @throws {RequestError} VALIDATION_FAILED for anything that `sealCursor` did not make for this list */
export function openCursor(sealed: string, list: Readonly<Record<string, unknown>>): string {
  const [encoded = '', check] = sealed.split('.');
  const cursor = Buffer.from(encoded, 'base64url').toString('utf8');
  if (check === checkOf(cursor, list)) return cursor;
  throw invalid([{ path: 'cursor', message: 'must be the nextCursor of an earlier page of the same list' }]);
}

const checkOf = (cursor: string, list: Readonly<Record<string, unknown>>): string =>
  sha256Hex(canonicalJson({ cursor, list })).slice(0, CHECK_LENGTH);
