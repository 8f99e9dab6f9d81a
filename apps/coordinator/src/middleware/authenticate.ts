import { sha256Hex, type Clock } from '@pressroom/runtime';

import { RequestError } from '../errors/request-error.ts';
import type { KeyStore, Principal } from '../ports.ts';
import type { StoreBound } from './bound-store-call.ts';

/** Longest time a revoked key may still be honoured, in milliseconds. */
const KEY_TTL_MS = 1_000;
/** Keys and non-keys remembered at once; beyond it the oldest go, so guessing keys cannot grow the memory. */
const MAX_REMEMBERED = 10_000;

export interface Authenticator {
  /**
   * Resolves the caller of a request.
   * @throws {RequestError} UNAUTHENTICATED without a valid key
   */
  authenticate(authorization: string | undefined, bounded: StoreBound): Promise<Principal>;
  /** Is the key still good? Used by streams that outlive their first check. */
  recheck(authorization: string | undefined, bounded: StoreBound): Promise<boolean>;
}

/** Bearer keys, looked up by hash; concurrent requests with one key share one lookup, and its answer for a second. */
export function createAuthenticator(deps: { keys: KeyStore; clock: Clock }): Authenticator {
  const remembered = new Map<string, { lookup: Promise<Principal | undefined>; expiresMs: number }>();

  const find = (secret: string): Promise<Principal | undefined> => {
    const hash = sha256Hex(secret);
    const nowMs = deps.clock.monotonicMs();
    const known = remembered.get(hash);
    if (known !== undefined && known.expiresMs > nowMs) return known.lookup;

    const lookup = deps.keys.findBySecretHash(hash);
    remembered.delete(hash);
    const entry = { lookup, expiresMs: nowMs + KEY_TTL_MS };
    remembered.set(hash, entry);
    // A failed lookup says nothing about the key.
    lookup.catch(() => {
      if (remembered.get(hash) === entry) remembered.delete(hash);
    });
    if (remembered.size > MAX_REMEMBERED) {
      const oldest = remembered.keys().next();
      if (!oldest.done) remembered.delete(oldest.value);
    }
    return lookup;
  };

  return {
    async authenticate(authorization, bounded) {
      if (authorization === undefined) throw unauthenticated('send Authorization: Bearer KEY');
      const secret = bearerSecret(authorization);
      if (secret === undefined) throw unauthenticated('Authorization must be: Bearer KEY');
      const principal = await bounded(find(secret));
      if (principal === undefined) throw unauthenticated('the key is unknown, expired or revoked', 'invalid_token');
      return principal;
    },
    async recheck(authorization, bounded) {
      const secret = bearerSecret(authorization ?? '');
      return secret !== undefined && (await bounded(find(secret))) !== undefined;
    },
  };
}

function bearerSecret(authorization: string): string | undefined {
  return /^Bearer +([\x21-\x7e]{1,512})$/i.exec(authorization)?.[1];
}

function unauthenticated(detail: string, error?: string): RequestError {
  const challenge = `Bearer realm="pressroom"${error === undefined ? '' : `, error="${error}"`}`;
  return new RequestError('UNAUTHENTICATED', detail, { headers: { 'WWW-Authenticate': challenge } });
}
