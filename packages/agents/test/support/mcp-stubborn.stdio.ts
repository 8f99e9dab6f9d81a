import { appendFileSync } from 'node:fs';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { createHandbookServer } from './mcp-handbook.ts';

/* A server that ignores the end of stdin and SIGTERM. */
const file = process.argv[2] ?? '';
appendFileSync(file, `started ${process.pid}\n`);
process.on('SIGTERM', () => undefined);
setInterval(() => undefined, 1_000);
await createHandbookServer(() => undefined).connect(new StdioServerTransport());
