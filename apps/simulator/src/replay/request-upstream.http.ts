import type { IncomingHttpHeaders } from 'node:http';
import { fromChatCompletion, fromMessage, type RecordedReply } from '../core/replay/recorded-reply.ts';
import type { Vendor } from '../core/models/model-table.ts';
import { fail, type Parsed } from '../core/wire/wire-failure.ts';

const PATHS = { openai: '/v1/chat/completions', anthropic: '/v1/messages' } as const;
/** Forwarded headers; all others concern the client's connection. */
const FORWARDED = ['authorization', 'x-api-key', 'anthropic-version', 'anthropic-beta'];
const TIMEOUT_MS = 180_000;

/** Whether a URL points to this machine. Recording sends keys and prompts there. */
export function isLoopback(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
}

/** Sends the request, unstreamed, to a server on the same machine, with the client's key. */
export async function requestUpstream(
  upstream: string,
  asked: { vendor: Vendor; body: unknown; headers: IncomingHttpHeaders },
  signal: AbortSignal,
): Promise<Parsed<RecordedReply>> {
  const headers = Object.fromEntries(
    FORWARDED.flatMap((name) => {
      const value = asked.headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
  const body = { ...(asked.body as Record<string, unknown>), stream: false, stream_options: undefined };
  try {
    const response = await fetch(new URL(PATHS[asked.vendor], upstream), {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    if (!response.ok) return unavailable(`the recorded server answered ${response.status}`);
    const reply = (asked.vendor === 'openai' ? fromChatCompletion : fromMessage)(await response.json());
    return reply ? { ok: true, value: reply } : unavailable('the recorded server returned an invalid reply');
  } catch {
    return unavailable('the recorded server cannot be reached');
  }
}

const unavailable = (message: string): Parsed<never> => fail({ status: 502, kind: 'unavailable', message });
