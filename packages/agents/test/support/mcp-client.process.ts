import { silentLogger, systemClock } from '@pressroom/runtime';
import { createTools, ToolsConfig } from '../../src/index.ts';

/* A process that uses the MCP program of its arguments once, says so, and stays until it is killed. */
const [program = '', file = ''] = process.argv.slice(2);
const server = {
  name: 'handbook',
  command: process.execPath,
  args: [program, file],
  tools: [{ name: 'search', arguments: { limit: 1 } }],
};
const box = createTools({
  config: ToolsConfig.parse({ mcp: [server] }),
  secrets: new Map(),
  userAgent: 'Pressroom/1.0',
  clock: systemClock,
  log: silentLogger(),
});
await box.search('handbook/search', { question: 'trees', terms: [], language: 'en' }, new AbortController().signal);
process.send?.('used');
