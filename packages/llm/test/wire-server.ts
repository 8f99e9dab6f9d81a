import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface WireRequest {
  path: string;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
}

export type Answer = (response: ServerResponse) => void;

export interface WireServer {
  baseURL: string;
  /** Requests so far, oldest first. */
  readonly requests: WireRequest[];
  /** Appends answers for further requests; an unplanned request is answered 500. */
  plan(...answers: Answer[]): void;
  /** Connections that the client closed before the answer was complete. */
  abandoned(): number;
  close(): Promise<void>;
}

/** A small HTTP server on a free port that sends planned answers. */
export async function startWireServer(): Promise<WireServer> {
  const answers: Answer[] = [];
  const requests: WireRequest[] = [];
  let abandoned = 0;
  const server = createServer((request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) abandoned += 1;
    });
    void readBody(request).then((text) => {
      requests.push({
        path: request.url ?? '',
        headers: request.headers,
        body: JSON.parse(text) as Record<string, unknown>,
      });
      const answer = answers.shift() ?? fail(500, { error: { message: 'no answer is planned' } });
      answer(response);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    plan: (...next) => void answers.push(...next),
    abandoned: () => abandoned,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

export const fail =
  (status: number, body: object, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };

/** How a stream of server-sent events ends: properly, by a broken connection, or never. */
export type StreamEnd = 'end' | 'destroy' | 'hang';

export const events =
  (lines: readonly string[], end: StreamEnd = 'end'): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'req_1', 'request-id': 'req_1' });
    response.flushHeaders();
    for (const line of lines) response.write(line);
    if (end === 'end') response.end();
    // The written data must be sent first.
    if (end === 'destroy') setImmediate(() => response.destroy());
  };
