import { isUtf8 } from 'node:buffer';

import type { Request } from 'express';

import { RequestError } from '../errors/request-error.ts';

/** The caller went away while sending. Nobody is left to answer. */
export class RequestAbortedError extends Error {
  override readonly name = 'RequestAbortedError';
}

/**
 * Reads a request's body as bytes.
 *
 * @param accepted media types, lower case, without parameters
 * @throws {RequestError} UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE
 * @throws {RequestAbortedError}
 */
export async function readBody(request: Request, accepted: readonly string[], limitBytes: number): Promise<Buffer> {
  checkMediaType(request, accepted);
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > limitBytes) throw tooLarge(limitBytes);
  const bytes = await collect(request, limitBytes);
  if (bytes === undefined) throw tooLarge(limitBytes);
  return bytes;
}

/**
 * The body, or undefined when it is larger than the limit. What is left of a larger one is read and dropped while the
 * answer is under way: cutting the connection would keep a caller that is still sending from seeing it, and leaving it
 * unread would block the connection's next request. The server's request timeout bounds that.
 */
function collect(request: Request, limitBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) chunks.push(chunk);
      else {
        chunks.length = 0;
        resolve(undefined);
      }
    });
    request.once('end', () => {
      if (size > limitBytes) return;
      const [only] = chunks;
      resolve(chunks.length === 1 ? only : Buffer.concat(chunks, size));
    });
    request.once('error', (error) => {
      reject(new RequestAbortedError('the caller went away', { cause: error }));
    });
  });
}

/** @throws {RequestError} MALFORMED_JSON */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) throw malformed('the body is empty');
  if (!isUtf8(bytes)) throw malformed('the body is not UTF-8');
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    // The parser's own message quotes the body.
    throw malformed('the body is not JSON');
  }
}

/** May strings in this JSON hold characters that the raw bytes do not show? See `inspectJson`. */
export const mayHoldEscapes = (bytes: Buffer): boolean => bytes.includes('\\u');

const malformed = (detail: string): RequestError => new RequestError('MALFORMED_JSON', detail);

function tooLarge(limitBytes: number): RequestError {
  return new RequestError('BODY_TOO_LARGE', `the body is larger than ${limitBytes} bytes`);
}

function checkMediaType(request: Request, accepted: readonly string[]): void {
  const [type = '', ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  const isUtf8Charset = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  if (!accepted.includes(type.trim()) || !isUtf8Charset) {
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', `send Content-Type: ${accepted.join(' or ')}, in UTF-8`, {
      headers: { Accept: accepted.join(', ') },
    });
  }
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', 'compressed bodies are not accepted', {
      headers: { 'Accept-Encoding': 'identity' },
    });
  }
}
