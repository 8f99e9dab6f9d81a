import { createClient, type PressroomClient } from '@pressroom/client';

import { UsageError } from './usage-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_URL = 'http://127.0.0.1:4400';

/**
 * The client that `PRESSROOM_URL` and `PRESSROOM_API_KEY` describe.
 * @throws {UsageError} when there is no key, or the URL is none
 */
export function connect(env: Environment): PressroomClient {
  const baseUrl = env['PRESSROOM_URL'] ?? DEFAULT_URL;
  if (!/^https?:\/\//.test(baseUrl) || !URL.canParse(baseUrl)) {
    throw new UsageError('PRESSROOM_URL must be an http(s) URL such as http://127.0.0.1:4400');
  }
  const apiKey = env['PRESSROOM_API_KEY']?.trim() ?? '';
  if (apiKey === '')
    throw new UsageError('set PRESSROOM_API_KEY to an API key; `npm start` prints where the first one lies');
  return createClient({ baseUrl, apiKey });
}
