import type { CallToolResult, Client } from '@modelcontextprotocol/client';
import type { Clock, Logger } from '@pressroom/runtime';
import { ToolUnavailableError } from './errors.ts';
import type { ToolSecrets } from './read-tool-secrets.ts';
import type { McpServerConfig } from './tools-config.ts';

const CONNECT_TIMEOUT_MS = 15_000;
/** Delay before an unreachable server is started again. */
const RECONNECT_AFTER_MS = 1_000;

/** Connection to a configured server: established on first use and again after it was lost. */
export interface McpConnection {
  callTool(
    name: string,
    args: Record<string, unknown>,
    options: { signal: AbortSignal; timeoutMs: number },
  ): Promise<CallToolResult>;
  /** Ends the connection and the server's process. Later calls fail. */
  close(): Promise<void>;
}

/**
 * Connects to one MCP server through the official client, without client capabilities (sampling, roots, elicitation). Over
 * HTTP it contacts only the configured origin and follows no redirects.
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
    // Imported lazily: a worker without MCP servers saves 10 MB.
    const { createMcpClient, createMcpTransport } = await import('./mcp-client.ts');
    if (isClosed) throw new Error('the connection was closed while connecting');
    const client = createMcpClient();
    current = client;
    client.onclose = () => {
      if (current === client) connected = current = undefined;
    };
    client.onerror = () => {
      // Running calls fail by themselves; the error is not logged, because it may contain text of the server.
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
      // Does not wait for a connection in progress.
      await current?.close();
    },
  };
}
