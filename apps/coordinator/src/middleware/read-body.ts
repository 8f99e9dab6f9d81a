import { isUtf8 } from 'node:buffer';

import { errorMessage } from '@pressroom/runtime';
import type { Request } from 'express';

import { findJsonExcess } from '../core/find-json-excess.ts';
import { invalid, RequestError } from '../errors/request-error.ts';
import { requestContextOf } from './request-context.ts';

/** Smaller texts are parsed in well under a millisecond: they need no turn of their own. */
export const LARGE_TEXT_BYTES = 64 * 1_024;

/** The caller went away while sending: there is no connection to reply on. */
export class RequestAbortedError extends Error {
  override readonly name = 'RequestAbortedError';
}

/**
 * Reads a request's body as bytes, which count against the limits of the caller until the request ends. A body that is
 * refused is neither buffered nor parsed. Returns when it is the tenant's turn to have the request worked on.
 *
 * @param accepted media types, lower case, without parameters
 * @throws {RequestError} UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, CONCURRENCY_LIMITED
 * @throws {RequestAbortedError}
 */
export async function readBody(request: Request, accepted: readonly string[], limitBytes: number): Promise<Buffer> {
  checkMediaType(request, accepted);
  const context = requestContextOf(request);
  const declaredBytes = checkDeclaredSize(request, limitBytes);
  if (declaredBytes !== undefined) context.inFlight?.reserveBody(declaredBytes);
  allowBody(request);
  const reserve = (bytes: number): void => {
    if (declaredBytes === undefined) context.inFlight?.reserveBody(bytes);
  };
  const body = await collect(request, limitBytes, reserve);
  await context.enter();
  if (body.length > LARGE_TEXT_BYTES) await context.inFlight?.takeTurn();
  return body;
}

/**
 * Refuses a body by what its headers say. Answers its size, undefined when it is sent in chunks.
 * @throws {RequestError} BODY_TOO_LARGE
 */
export function checkDeclaredSize(request: Request, limitBytes: number): number | undefined {
  const header = request.headers['content-length'];
  if (header === undefined) return undefined;
  const declaredBytes = Number(header);
  if (declaredBytes > limitBytes) throw bodyTooLarge(limitBytes);
  return declaredBytes;
}

/** Lets a client that sent `Expect: 100-continue` send its body: nothing speaks against it any more. */
export function allowBody(request: Request): void {
  if (request.headers.expect?.toLowerCase() === '100-continue') request.res?.writeContinue();
}

/**
 * The whole body. The rest of one that is refused is read and dropped while the reply is under way: closing the connection
 * at once would keep a caller that is still sending from seeing it. `limitDrain` bounds that.
 */
function collect(request: Request, limitBytes: number, reserve: (bytes: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let isRefused = false;
    const refuse = (error: unknown): void => {
      isRefused = true;
      chunks.length = 0;
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    request.on('data', (chunk: Buffer) => {
      if (isRefused) return;
      size += chunk.length;
      if (size > limitBytes) {
        refuse(bodyTooLarge(limitBytes));
        return;
      }
      try {
        reserve(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        refuse(error);
      }
    });
    request.once('end', () => {
      if (isRefused) return;
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size));
    });
    request.once('error', (error) => {
      refuse(new RequestAbortedError('the caller went away', { cause: error }));
    });
  });
}

/**
 * Parses JSON text. Text that holds more values than any request may is refused before it is parsed, so that the time a
 * parse takes is bounded by the size of its text.
 *
 * @param what the text is called in faults
 * @throws {RequestError} MALFORMED_JSON, VALIDATION_FAILED
 */
export function parseJson(bytes: Buffer, what = 'the body'): unknown {
  if (bytes.length === 0) throw malformed(`${what} is empty`);
  if (!isUtf8(bytes)) throw malformed(`${what} is not UTF-8`);
  const excess = findJsonExcess(bytes);
  if (excess !== undefined) throw invalid([excess]);
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (error) {
    // The parser's own message quotes the body; of it only the position is repeated.
    const position = /at position (\d+)/.exec(errorMessage(error))?.[1];
    throw malformed(`${what} is not JSON${position === undefined ? '' : ` (position ${position})`}`);
  }
}

/** May strings in this JSON hold characters that the raw bytes do not show? See `inspectJson`. */
export const mayHoldEscapes = (bytes: Buffer): boolean => bytes.includes('\\u');

const malformed = (detail: string): RequestError => new RequestError('MALFORMED_JSON', detail);

export function bodyTooLarge(limitBytes: number, what = 'body'): RequestError {
  return new RequestError('BODY_TOO_LARGE', `the ${what} is larger than ${limitBytes} bytes: split it, or shorten it`, {
    members: { limit: { name: 'bodyBytes', scope: 'request', value: limitBytes } },
  });
}

/** @throws {RequestError} UNSUPPORTED_MEDIA_TYPE */
export function checkMediaType(request: Request, accepted: readonly string[]): void {
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
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', 'compressed bodies are not accepted: send the body as it is', {
      headers: { 'Accept-Encoding': 'identity' },
    });
  }
}
