import { createHash } from 'node:crypto';

import type { Response } from 'express';

import { SMALL_BODY_BYTES } from '../core/request-limits.ts';
import { contextOf, QUIET_ROUTES } from './request-context.ts';

/** Answers with JSON; a GET that succeeds carries an entity tag. */
export function sendJson(response: Response, status: number, value: unknown, contentType = 'application/json'): void {
  sendText(response, status, JSON.stringify(value), contentType);
}

/**
 * @param text in UTF-8 where it is bytes
 * @param identity changes whenever the text does; its entity tag is computed from it, by default from the text
 * @throws {RequestError} CONCURRENCY_LIMITED when the caller has not read enough of its earlier replies
 */
export function sendText(
  response: Response,
  status: number,
  text: string | Uint8Array,
  contentType: string,
  identity: string | Uint8Array = text,
): void {
  const size = Buffer.byteLength(text);
  response.statusCode = status;
  if (status === 200 && isTagged(response) && answerNotModified(response, identity)) return;
  if (size > SMALL_BODY_BYTES) holdReply(response, size);
  response.setHeader('Content-Type', `${contentType}; charset=utf-8`);
  response.setHeader('Content-Length', size);
  response.end(text);
}

function isTagged(response: Response): boolean {
  const { method } = response.req;
  return (method === 'GET' || method === 'HEAD') && !QUIET_ROUTES.has(contextOf(response).route);
}

/** Counts a large reply until its reader has taken it, and cuts it when the reader stops reading. */
function holdReply(response: Response, size: number): void {
  const { inFlight, replyStallMs } = contextOf(response);
  inFlight?.reserveReply(size);
  response.setTimeout(replyStallMs, () => response.destroy());
}

/**
 * Sets the weak entity tag of a reply's text, or of a text that identifies it, whatever it is compressed with, and answers 304 to a caller that has it.
 * Called after the caller's right to the text was checked: a tag gives no access. A copy may be kept by the caller only,
 * and has to be checked each time.
 */
function answerNotModified(response: Response, text: string | Uint8Array): boolean {
  const { req: request } = response;
  const tag = tagOf(text);
  const isPublic = contextOf(response).inFlight === undefined;
  response.setHeader('ETag', tag);
  response.setHeader('Cache-Control', isPublic ? 'no-cache' : 'private, no-cache');
  if (!isPublic) response.vary('Authorization').vary('Accept');
  response.vary('Accept-Encoding');
  if (!matchesTag(request.headers['if-none-match'], tag)) return false;
  response.status(304).end();
  return true;
}

/** Answers 304 to a caller that has the text of this identity, before the text is made; sets no header otherwise. */
export function answerIfUnmodified(response: Response, identity: string): boolean {
  return matchesTag(response.req.headers['if-none-match'], tagOf(identity)) && answerNotModified(response, identity);
}

const tagOf = (text: string | Uint8Array): string =>
  `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;

/** Weak comparison of RFC 9110, 8.8.3.2. */
function matchesTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  const opaque = tag.slice(2);
  return header.split(',').some((each) => {
    const candidate = each.trim();
    return candidate === '*' || candidate === tag || candidate === opaque;
  });
}
