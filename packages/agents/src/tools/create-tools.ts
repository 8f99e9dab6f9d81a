import { allowEndpoints, type Clock, createGuardedFetch, type GuardedFetch, type Logger } from '@pressroom/runtime';
import { createMcpConnection } from './mcp-connection.ts';
import { createMcpTool } from './mcp-tool.ts';
import type { ToolSecrets } from './read-tool-secrets.ts';
import type { ResearchTool } from './research-tool.ts';
import { createToolbox, type Toolbox } from './toolbox.ts';
import { BRAVE_SEARCH_URL, type ToolsConfig, WIKIPEDIA_URL } from './tools-config.ts';
import { createWebSearchTool } from './web-search.http.ts';
import { createWikipediaTool } from './wikipedia.http.ts';

/**
 * Creates the tools that a configuration enables. Connects on first use; `close` ends the connections.
 *
 * @param deps.userAgent `User-Agent` header of requests
 */
export function createTools(deps: {
  config: ToolsConfig;
  secrets: ToolSecrets;
  userAgent: string;
  clock: Clock;
  log: Logger;
  onSearch?: Parameters<typeof createToolbox>[0]['onSearch'];
}): Toolbox {
  const { config, secrets, userAgent, clock, log } = deps;
  const { wikipedia, webSearch } = config;
  const tools: ResearchTool[] = [];

  /** Private addresses are allowed only if the administrator configured them, and only for their own tool. */
  const fetchFor = (urls: readonly string[], isOwn: boolean): GuardedFetch =>
    createGuardedFetch({ clock, userAgent, ...(isOwn && { allow: allowEndpoints(urls.map(endpointOf)) }) });

  if (wikipedia?.enabled) {
    const urls = wikipedia.languages.map((language) => wikipedia.baseUrl.replaceAll('{language}', language));
    tools.push(createWikipediaTool({ config: wikipedia, fetch: fetchFor(urls, wikipedia.baseUrl !== WIKIPEDIA_URL) }));
  }
  const key = webSearch && secrets.get(webSearch.keyVariable);
  if (webSearch?.enabled && key) {
    const fetch = fetchFor([webSearch.baseUrl], webSearch.baseUrl !== BRAVE_SEARCH_URL);
    tools.push(createWebSearchTool({ config: webSearch, key, fetch }));
  }
  const servers = config.mcp
    .filter(({ enabled }) => enabled)
    .map((server) => ({ server, connection: createMcpConnection({ server, secrets, clock, log }) }));
  for (const { server, connection } of servers) {
    tools.push(...server.tools.map((tool) => createMcpTool({ server: server.name, config: tool, connection })));
  }

  return createToolbox({
    tools,
    maxSources: config.maxSources,
    clock,
    log,
    ...(deps.onSearch && { onSearch: deps.onSearch }),
    close: async () => {
      await Promise.all(servers.map(({ connection }) => connection.close()));
    },
  });
}

function endpointOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port === '' ? (protocol === 'https:' ? 443 : 80) : port}`;
}
