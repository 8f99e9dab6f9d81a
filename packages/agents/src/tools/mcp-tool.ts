import type { CallToolResult } from '@modelcontextprotocol/client';
import { ToolUnavailableError } from './errors.ts';
import type { McpConnection } from './mcp-connection.ts';
import type { ResearchTool, ToolSource } from './research-tool.ts';
import type { McpToolConfig } from './tools-config.ts';

/**
 * A configured tool of an MCP server. Its arguments are the configured ones and the planned question; its description and
 * earlier results are not used. Links in its results are not followed.
 */
export function createMcpTool(deps: {
  server: string;
  config: McpToolConfig;
  connection: McpConnection;
}): ResearchTool {
  const { server, config, connection } = deps;
  const name = `${server}/${config.name}`;
  return {
    name,
    questions: config.questions,
    costNanoUsd: config.usdPerCall ?? 0n,
    timeoutMs: config.timeoutMs,
    async search(query, { signal }) {
      const args = { ...config.arguments, [config.queryArgument]: query.question };
      const result = await connection.callTool(config.name, args, { signal, timeoutMs: config.timeoutMs });
      if (result.isError === true) throw new ToolUnavailableError(`${name} returned an error`, { mayBeBilled: true });
      return sourcesOf(result, name).slice(0, config.results);
    },
  };
}

/** Each text resource is one source; all text blocks together are another. Ignores other content. */
function sourcesOf(result: CallToolResult, name: string): ToolSource[] {
  const texts: string[] = [];
  const resources: ToolSource[] = [];
  for (const block of result.content) {
    if (block.type === 'text') texts.push(block.text);
    if (block.type !== 'resource' || !('text' in block.resource)) continue;
    const { uri, text } = block.resource;
    resources.push({ title: titleOf(text) ?? uri, text, ...(/^https?:/i.test(uri) && { url: uri }) });
  }
  const text = texts.join('\n\n').trim();
  return [...(text === '' ? [] : [{ title: titleOf(text) ?? name, text }]), ...resources];
}

/** A Markdown heading in the first line. */
const titleOf = (text: string): string | undefined => /^\s*#{1,3}\s+(.{1,200})/.exec(text)?.[1]?.trim();
