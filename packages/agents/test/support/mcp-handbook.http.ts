import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createMcpHandler } from '@modelcontextprotocol/server';
import { createHandbookServer } from './mcp-handbook.ts';

/** The handbook server over HTTP, with a bearer token. */
export function handbookOverHttp(record: (what: string) => void, token: string): RequestListener {
  const handler = createMcpHandler(() => createHandbookServer(record));
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    record(`${request.method ?? ''} ${request.url ?? ''}`);
    if (request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401).end();
      return;
    }
    const answered = await handler.fetch(
      new Request(`http://${request.headers.host ?? ''}${request.url ?? ''}`, {
        method: request.method ?? 'POST',
        headers: Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]),
        ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
      }),
    );
    response.writeHead(answered.status, Object.fromEntries(answered.headers));
    response.end(Buffer.from(await answered.arrayBuffer()));
  };
  return (request, response) => {
    void answer(request, response);
  };
}
