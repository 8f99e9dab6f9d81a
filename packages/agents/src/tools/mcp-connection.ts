import { fileURLToPath } from 'node:url';
import {
  Client,
  type CallToolResult,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { type Clock, createOriginFetch, type Logger } from '@pressroom/runtime';
import { ToolUnavailableError } from './errors.ts';
import type { ToolSecrets } from './read-tool-secrets.ts';
import type { McpServerConfig } from './tools-config.ts';

/** One message of a server, and all of one response: far more than what is taken of a result. */
const MOST_MESSAGE_BYTES = 2_000_000;
const CONNECT_TIMEOUT_MS = 15_000;
/** A server that could not be reached is not started again at once. */
const RECONNECT_AFTER_MS = 1_000;

/** A server named in the configuration, connected when it is first needed and again after it was lost. */
export interface McpConnection {
  callTool(
    name: string,
    args: Record<string, unknown>,
    options: { signal: AbortSignal; timeoutMs: number },
  ): Promise<CallToolResult>;
  /** Ends the connection, and with it the server's process. Nothing can be called after that. */
  close(): Promise<void>;
}

/**
 * Speaks with one MCP server through the official client. It offers the server nothing: no sampling, no roots, no questions
 * to a user; and over HTTP it reaches the configured origin alone, following no redirect.
 */
export function createMcpConnection(deps: {
  server: McpServerConfig;
  secrets: ToolSecrets;
  clock: Clock;
  log: Logger;
}): McpConnection {
  const { server, clock, log } = deps;
  let connected: Promise<Client> | undefined;
  let current: Client | undefined;
  let failedAtMs: number | undefined;
  let isClosed = false;

  const connect = async (): Promise<Client> => {
    const client = new Client(
      { name: 'pressroom', version: '1.0.0' },
      { capabilities: {}, versionNegotiation: { mode: 'auto' } },
    );
    current = client;
    client.onclose = () => {
      if (current === client) connected = current = undefined;
    };
    client.onerror = () => {
      // What was under way fails by itself; texts of servers are not for the log.
      log.debug({ server: server.name }, 'mcp.error');
    };
    try {
      await client.connect(createTransport(server, deps.secrets), { timeout: CONNECT_TIMEOUT_MS });
      return client;
    } catch (error) {
      await client.close().catch(() => undefined);
      throw error;
    }
  };

  const connection = (): Promise<Client> => {
    if (isClosed) throw new ToolUnavailableError(`${server.name} is closed`, { mayBeBilled: false });
    if (failedAtMs !== undefined && clock.monotonicMs() - failedAtMs < RECONNECT_AFTER_MS) {
      throw new ToolUnavailableError(`${server.name} could not be reached`, { mayBeBilled: false });
    }
    if (connected) return connected;
    const connecting = connect();
    connected = connecting;
    connecting.then(
      () => {
        failedAtMs = undefined;
      },
      () => {
        failedAtMs = clock.monotonicMs();
        if (connected === connecting) connected = undefined;
      },
    );
    return connecting;
  };

  return {
    async callTool(name, args, { signal, timeoutMs }) {
      const client = await connection().catch((cause: unknown) => {
        throw new ToolUnavailableError(`${server.name} could not be reached`, { mayBeBilled: false, cause });
      });
      signal.throwIfAborted();
      return await client.callTool(
        { name, arguments: args },
        { signal, timeout: timeoutMs, maxTotalTimeout: timeoutMs },
      );
    },
    async close() {
      isClosed = true;
      // One that is still connecting is not waited for.
      await current?.close();
    },
  };
}

function createTransport(server: McpServerConfig, secrets: ToolSecrets): Transport {
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
