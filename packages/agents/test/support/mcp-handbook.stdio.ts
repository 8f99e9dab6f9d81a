import { appendFileSync } from 'node:fs';
import { StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { createHandbookServer } from './mcp-handbook.ts';

/* The handbook server as a program: tells the file of its first argument what happens to it. */
const file = process.argv[2] ?? '';
const tell = (what: string): void => {
  appendFileSync(file, `${what}\n`);
};
tell(`started ${process.pid}`);
await createHandbookServer(tell, process.env['HANDBOOK_TOKEN'] ?? 'none').connect(new StdioServerTransport());
