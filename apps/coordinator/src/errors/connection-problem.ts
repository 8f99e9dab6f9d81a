import type { ServerResponse } from 'node:http';

import { newId } from '@pressroom/runtime';

import { PROBLEM_STATUS } from './problem-status.ts';
import { RequestError } from './request-error.ts';
import { toProblem } from './to-problem.ts';

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  413: 'Payload Too Large',
  431: 'Request Header Fields Too Large',
};

/**
 * The bytes to send on a connection whose request could not be read as HTTP, so that no application sees it.
 *
 * @param errorCode of Node's HTTP parser or server
 */
export function connectionProblem(errorCode: string | undefined, maxHeaderBytes: number): string {
  const error = toError(errorCode, maxHeaderBytes);
  const { status, requestId, body } = problemOf(error);
  return [
    `HTTP/1.1 ${status} ${REASONS[PROBLEM_STATUS[error.code]] ?? 'Bad Request'}`,
    'Content-Type: application/problem+json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'X-Content-Type-Options: nosniff',
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

/** Refuses a request that Node has read but no application may see, and closes its connection. */
export function refuseRequest(response: ServerResponse, detail: string): void {
  const { status, requestId, body } = problemOf(new RequestError('MALFORMED_REQUEST', detail));
  response.writeHead(status, {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'X-Request-Id': requestId,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    Connection: 'close',
  });
  response.end(body);
}

function problemOf(error: RequestError): { status: number; requestId: string; body: string } {
  const requestId = newId();
  const { status, problem } = toProblem(error, { path: '', requestId });
  const { instance: _unknownPath, ...rest } = problem;
  return { status, requestId, body: JSON.stringify(rest) };
}

function toError(errorCode: string | undefined, maxHeaderBytes: number): RequestError {
  if (errorCode === 'HPE_HEADER_OVERFLOW') {
    return new RequestError(
      'HEADERS_TOO_LARGE',
      `request line and headers are larger than ${maxHeaderBytes} bytes: shorten the query or the headers`,
      { members: { limit: { name: 'headerBytes', scope: 'request', value: maxHeaderBytes } } },
    );
  }
  if (errorCode === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    return new RequestError('BODY_TOO_LARGE', 'the chunk extensions of the body are too large: send none');
  }
  if (errorCode === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new RequestError('REQUEST_TIMED_OUT', 'the request was not received in time: send it faster, or in parts');
  }
  return new RequestError('MALFORMED_REQUEST', 'the bytes received are not an HTTP/1.1 request');
}
