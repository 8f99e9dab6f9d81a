import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { createOriginFetch } from '@pressroom/runtime';
import type { ToolSecrets } from './read-tool-secrets.ts';
import type { McpServerConfig } from './tools-config.ts';

/** Limit of one message and of one response; far above the limit of a result. */
const MAX_MESSAGE_BYTES = 2_000_000;

/** A client without capabilities: no sampling, no roots, no elicitation. */
export const createMcpClient = (): Client =>
  new Client({ name: 'pressroom', version: '1.0.0' }, { capabilities: {}, versionNegotiation: { mode: 'auto' } });

/** Transport to a server: a child process, or HTTP to the configured origin only, without redirects. */
export function createMcpTransport(server: McpServerConfig, secrets: ToolSecrets): Transport {
  if ('command' in server) {
    const env = Object.fromEntries(server.variables.map((name) => [name, secrets.get(name)?.reveal() ?? '']));
    return new StdioClientTransport({
      // The guard process ends the program even when the worker is killed.
      command: process.execPath,
      args: [fileURLToPath(new URL('mcp-guard.process.ts', import.meta.url)), server.command, ...server.args],
      ...(server.cwd !== undefined && { cwd: server.cwd }),
      env,
      // A server may write anything to stderr, including queries.
      stderr: 'ignore',
      maxBufferSize: MAX_MESSAGE_BYTES,
    });
  }
  const key = server.keyVariable === undefined ? undefined : secrets.get(server.keyVariable);
  const fetchOrigin = createOriginFetch({ origin: server.url, maxBytes: MAX_MESSAGE_BYTES });
  return new StreamableHTTPClientTransport(new URL(server.url), {
    // Refuses the GET stream for messages that the server initiates.
    fetch: (url, init) =>
      init?.method === undefined || init.method === 'GET'
        ? Promise.resolve(new Response(null, { status: 405 }))
        : fetchOrigin(url, init),
    ...(key && { authProvider: { token: () => Promise.resolve(key.reveal()) } }),
  });
}
