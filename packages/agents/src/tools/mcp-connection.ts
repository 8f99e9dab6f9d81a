import type { CallToolResult, Client } from '@modelcontextprotocol/client';
import type { Clock, Logger } from '@pressroom/runtime';
import { ToolUnavailableError } from './errors.ts';
import type { ToolSecrets } from './read-tool-secrets.ts';
import type { McpServerConfig } from './tools-config.ts';

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
    // The client library takes 10 MB, which a worker without such servers does without.
    const { createMcpClient, createMcpTransport } = await import('./mcp-client.ts');
    if (isClosed) throw new Error('closed while it was opened');
    const client = createMcpClient();
    current = client;
    client.onclose = () => {
      if (current === client) connected = current = undefined;
    };
    client.onerror = () => {
      // What was under way fails by itself; texts of servers are not for the log.
      log.debug({ server: server.name }, 'mcp.error');
    };
    try {
      await client.connect(createMcpTransport(server, deps.secrets), { timeout: CONNECT_TIMEOUT_MS });
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
