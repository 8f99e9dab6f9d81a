import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@pressroom/runtime';

/** File in `PRESSROOM_HOME` with the token of a simulator that has none in its environment. */
export const CONTROL_TOKEN_FILE = 'simulator-control-token';

/** Whether an `Authorization` header contains the token. Runs in constant time. */
export function isAuthorized(header: string | undefined, token: Secret): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(given), digest(token.reveal()));
}

export const UNAUTHORIZED = {
  status: 401,
  headers: { 'content-type': 'application/problem+json', 'www-authenticate': 'Bearer' },
  body: {
    type: 'about:blank',
    title: 'Unauthorized',
    status: 401,
    detail:
      'The header "Authorization: Bearer <token>" is missing or carries another token. The token is the value of ' +
      `PRESSROOM_SIMULATOR_CONTROL_TOKEN, or the content of the file ${CONTROL_TOKEN_FILE} in PRESSROOM_HOME.`,
  },
};

/** Hashes have equal lengths, which `timingSafeEqual` requires. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
