import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { createOriginFetch } from '@pressroom/runtime';
import type { ToolSecrets } from './read-tool-secrets.ts';
import type { McpServerConfig } from './tools-config.ts';

/** One message of a server, and all of one response: far more than what is taken of a result. */
const MOST_MESSAGE_BYTES = 2_000_000;

/** A client that offers a server nothing: no sampling, no roots, no questions to a user. */
export const createMcpClient = (): Client =>
  new Client({ name: 'pressroom', version: '1.0.0' }, { capabilities: {}, versionNegotiation: { mode: 'auto' } });

/** How a server is reached: a process of its own, or HTTP to the configured origin alone, following no redirect. */
export function createMcpTransport(server: McpServerConfig, secrets: ToolSecrets): Transport {
  if ('command' in server) {
    const env = Object.fromEntries(server.variables.map((name) => [name, secrets.get(name)?.reveal() ?? '']));
    return new StdioClientTransport({
      // Behind a guard, so that not even a killed worker leaves the program behind.
      command: process.execPath,
      args: [fileURLToPath(new URL('mcp-guard.process.ts', import.meta.url)), server.command, ...server.args],
      ...(server.cwd !== undefined && { cwd: server.cwd }),
      env,
      // A server may write anything there, what it was asked included.
      stderr: 'ignore',
      maxBufferSize: MOST_MESSAGE_BYTES,
    });
  }
  const key = server.keyVariable === undefined ? undefined : secrets.get(server.keyVariable);
  const fetchOrigin = createOriginFetch({ origin: server.url, maxBytes: MOST_MESSAGE_BYTES });
  return new StreamableHTTPClientTransport(new URL(server.url), {
    // A stream on which the server speaks unasked is not opened: nothing it could say is wanted.
    fetch: (url, init) =>
      init?.method === undefined || init.method === 'GET'
        ? Promise.resolve(new Response(null, { status: 405 }))
        : fetchOrigin(url, init),
    ...(key && { authProvider: { token: () => Promise.resolve(key.reveal()) } }),
  });
}
