import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ConfigError } from '@pressroom/runtime';
import { afterEach, describe, expect, it } from 'vitest';

import { parseWorkerConfig } from './config.ts';

const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

function parse(file: string, env: Record<string, string> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'pressroom-config-'));
  directories.push(directory);
  const path = join(directory, 'config.yaml');
  writeFileSync(path, file);
  return parseWorkerConfig({
    DATABASE_URL: 'postgresql://localhost/x',
    PRESSROOM_SIMULATOR_URL: 'http://127.0.0.1:1',
    PRESSROOM_CONFIG: path,
    ...env,
  });
}
const readProblems = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
  return [];
};

describe('the worker’s configuration', () => {
  it('enables no tools by default and uses the user agent Pressroom', () => {
    const config = parse('');
    expect(config.tools.config).toEqual({ maxSources: 6, mcp: [] });
    expect(config.egress).toEqual({ allowHosts: [], userAgent: 'Pressroom/1.0' });
  });

  it('reads tool keys from the variables named in the file', () => {
    const file = `
tools:
  wikipedia: {}
  webSearch: { keyVariable: SEARCH_KEY, usdPerCall: 0.005 }
egress:
  userAgent: AcmeBot/2.1 (+https://acme.example/bot)
`;
    const { tools, egress } = parse(file, { SEARCH_KEY: 'secret' });
    expect(tools.config.webSearch?.usdPerCall).toBe(5_000_000n);
    expect(tools.secrets.get('SEARCH_KEY')?.reveal()).toBe('secret');
    expect(egress.userAgent).toBe('AcmeBot/2.1 (+https://acme.example/bot)');
  });

  it('names all missing variables of tools', () => {
    const file = `
tools:
  webSearch: { keyVariable: SEARCH_KEY }
  mcp:
    - { name: handbook, url: "https://mcp.example.org/mcp", keyVariable: HANDBOOK_KEY, tools: [{ name: search }] }
`;
    expect(readProblems(() => parse(file))).toEqual([
      'PRESSROOM_CONFIG: tools.webSearch.keyVariable the environment variable SEARCH_KEY is not set',
      'PRESSROOM_CONFIG: tools.mcp.0.keyVariable the environment variable HANDBOOK_KEY is not set',
    ]);
  });

  it.each([
    ['a misspelt tool', 'tools: { wikipdia: {} }'],
    ['an empty user agent', 'egress: { userAgent: "" }'],
    ['a user agent with a line break', 'egress: { userAgent: "Bot/1.0\\nx: y" }'],
  ])('rejects %s', (_, file) => {
    expect(readProblems(() => parse(file))).toHaveLength(1);
  });
});
