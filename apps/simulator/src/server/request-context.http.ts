import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@pressroom/runtime';
import { anthropicError } from '../core/wire/anthropic-reply.ts';
import type { Vendor } from '../core/models/model-table.ts';
import { openaiError } from '../core/wire/openai-reply.ts';
import { retryAfterHeaders } from '../core/wire/rate-limit-headers.ts';
import type { WireFailure } from '../core/wire/wire-failure.ts';

/** Response header that marks replies as simulated. */
export const SIMULATED_HEADER = 'x-pressroom-simulated';

/** One request and its response, for the endpoints of both vendors. */
export interface RequestContext {
  readonly vendor: Vendor;
  readonly path: string;
  readonly requestId: string;
  /** The client's request id, for comparing the logs of both sides. */
  readonly clientRequestId: string | null;
  /** Owner of the request: a hash of the key. Empty without a key. */
  readonly owner: string;
  readonly startedAtMs: number;
  /** Aborts when the connection closes before the response is complete. */
  readonly signal: AbortSignal;
  clientAborted(): boolean;
  /** Adds headers to the response. */
  addHeaders(headers: Readonly<Record<string, string>>): void;
  sendJson(status: number, body: unknown): void;
  sendText(status: number, contentType: string, text: string): void;
  sendFailure(failure: WireFailure): void;
  openStream(): void;
  write(text: string): void;
  endStream(text: string): void;
  /** Closes the connection without a response. */
  drop(): void;
  /** Resets the connection: data in transit is lost. */
  reset(): void;
}

export function createRequestContext(
  request: IncomingMessage,
  response: ServerResponse,
  vendor: Vendor,
  path: string,
  clock: Clock,
): RequestContext {
  const requestId = `req_sim_${randomUUID().replaceAll('-', '')}`;
  const startedAtMs = clock.nowMs();
  const startedAt = clock.monotonicMs();
  const gone = new AbortController();
  let dropped = false;
  let aborted = false;
  response.on('close', () => {
    if (response.writableFinished || dropped) return;
    aborted = true;
    gone.abort(new DOMException('The client closed the connection.', 'AbortError'));
  });
  // Errors of closed connections are ignored.
  response.on('error', () => undefined);

  const headers: Record<string, string> =
    vendor === 'openai'
      ? { 'x-request-id': requestId, 'openai-organization': 'pressroom-simulator', 'openai-version': '2020-10-01' }
      : { 'request-id': requestId, 'anthropic-organization-id': 'pressroom-simulator' };
  headers[SIMULATED_HEADER] = 'true';
  const sendHead = (status: number, contentType: string, bytes?: number): void => {
    if (vendor === 'openai') headers['openai-processing-ms'] = String(Math.round(clock.monotonicMs() - startedAt));
    response.writeHead(status, {
      ...headers,
      'content-type': contentType,
      ...(bytes !== undefined && { 'content-length': bytes }),
    });
  };
  const sendText = (status: number, contentType: string, text: string): void => {
    if (response.destroyed) return;
    sendHead(status, contentType, Buffer.byteLength(text));
    response.end(text);
  };
  const sendJson = (status: number, body: unknown): void => {
    sendText(status, 'application/json', JSON.stringify(body));
  };

  return {
    vendor,
    path,
    requestId,
    clientRequestId: headerOf(request, 'x-client-request-id')?.slice(0, 512) ?? null,
    owner: ownerOf(request),
    startedAtMs,
    signal: gone.signal,
    clientAborted: () => aborted,
    addHeaders: (added) => {
      Object.assign(headers, added);
    },
    sendJson,
    sendText,
    sendFailure: (failure) => {
      Object.assign(headers, retryAfterHeaders(failure.retryAfterMs));
      sendJson(failure.status, vendor === 'openai' ? openaiError(failure) : anthropicError(failure, requestId));
    },
    openStream: () => {
      headers['cache-control'] = 'no-cache';
      sendHead(200, 'text/event-stream; charset=utf-8');
    },
    write: (text) => {
      response.write(text);
    },
    endStream: (text) => {
      response.end(text);
    },
    drop: () => {
      dropped = true;
      request.socket.destroy();
    },
    reset: () => {
      dropped = true;
      request.socket.resetAndDestroy();
    },
  };
}

function ownerOf(request: IncomingMessage): string {
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const key = bearer ?? headerOf(request, 'x-api-key') ?? '';
  return key.trim() === '' ? '' : createHash('sha256').update(key).digest('base64url').slice(0, 16);
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
