import { appendFileSync } from 'node:fs';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { createHandbookServer } from './mcp-handbook.ts';

/* The handbook server as a program; records its events in the file of its first argument. */
const file = process.argv[2] ?? '';
const record = (what: string): void => {
  appendFileSync(file, `${what}\n`);
};
record(`started ${process.pid}`);
await createHandbookServer(record, process.env['HANDBOOK_TOKEN'] ?? 'none').connect(new StdioServerTransport());
