import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface SeenRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: unknown;
}

/** Responds to one request. */
export type Script = (response: ServerResponse, request: SeenRequest) => void;

/**
 * A server on a free port that responds by a script, one step per request, and records the requests. A request beyond the
 * script is answered with 418, so that a test that sends too many fails.
 */
export async function startScriptedServer(...script: Script[]) {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const { method = '', url: path = '', headers } = request;
      const body = headers['content-type'] === 'application/json' ? await json(request) : undefined;
      const facts = { method, path, headers, body };
      seen.push(facts);
      const step = script[seen.length - 1] ?? ((overrun) => overrun.writeHead(418).end());
      step(response, facts);
    })();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    seen,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

export const answerJson =
  (status: number, body: unknown, headers: Record<string, string> = {}): Script =>
  (response) => {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
  };

export const answerProblem = (status: number, code: string, headers: Record<string, string> = {}): Script =>
  answerJson(status, { type: `/docs#${code}`, title: code, status, code, detail: 'because' }, headers);

/** Part of an event stream: these events, then the end, or a broken connection. */
export const answerEvents =
  (seqs: readonly number[], ending: 'end' | 'break' = 'end'): Script =>
  (response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write('retry: 5\n\n: hello\n\n');
    for (const seq of seqs) {
      const event = { seq, type: 'step.started', at: '2026-03-01T10:00:00.000Z', generation: 1, data: {} };
      response.write(`id: ${seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    }
    if (ending === 'end') response.end();
    // Flushes the written data first.
    else setImmediate(() => response.destroy());
  };

export const hangUp: Script = (response) => {
  response.destroy();
};
