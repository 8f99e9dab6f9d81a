import type { IncomingHttpHeaders } from 'node:http';
import { fromChatCompletion, fromMessage, type RecordedReply } from '../core/replay/recorded-reply.ts';
import type { Vendor } from '../core/models/model-table.ts';
import { fail, type Parsed } from '../core/wire/wire-failure.ts';

const PATHS = { openai: '/v1/chat/completions', anthropic: '/v1/messages' } as const;
/** Everything else a client sends is about its own connection. */
const FORWARDED = ['authorization', 'x-api-key', 'anthropic-version', 'anthropic-beta'];
const TIMEOUT_MS = 180_000;

/** Is this the address of a server on the same machine? Recording sends keys and prompts there. */
export function isLoopback(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
}

/** Asks a server on the same machine the same question, unstreamed, with the client's own key. */
export async function askUpstream(
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
    return reply ? { ok: true, value: reply } : unavailable('the recorded server gave no reply that could be read');
  } catch {
    return unavailable('the recorded server cannot be reached');
  }
}

const unavailable = (message: string): Parsed<never> => fail({ status: 502, kind: 'unavailable', message });
