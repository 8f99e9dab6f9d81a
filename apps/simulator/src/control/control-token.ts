import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@pressroom/runtime';

/** Name of the file in `PRESSROOM_HOME` that holds the token of a simulator without one in its environment. */
export const CONTROL_TOKEN_FILE = 'simulator-control-token';

/** Whether an `Authorization` header carries the token. Takes the same time whatever the header holds. */
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

/** Equal lengths, which `timingSafeEqual` requires. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
