import type { IncomingMessage } from 'node:http';
import { fail, type Parsed } from '../core/wire/wire-failure.ts';

/** The vendors' maximum request size. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** Reads a request's body. Rejects when the connection closes before the body is complete. */
export async function readBody(request: IncomingMessage): Promise<Parsed<Buffer>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // A body that is too large is read but not stored, so that the client receives the response.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_BODY_BYTES) {
    return fail({ status: 413, kind: 'too_large', message: `Request exceeds the maximum of ${MAX_BODY_BYTES} bytes.` });
  }
  return { ok: true, value: Buffer.concat(chunks) };
}

/** Reads a request's body as JSON. Rejects when the connection closes before the body is complete. */
export async function readJson(request: IncomingMessage): Promise<Parsed<unknown>> {
  const body = await readBody(request);
  if (!body.ok) return body;
  try {
    return { ok: true, value: JSON.parse(body.value.toString('utf8')) };
  } catch {
    return fail({ status: 400, kind: 'invalid_request', message: 'We could not parse the JSON body of your request.' });
  }
}
