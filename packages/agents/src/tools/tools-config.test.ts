import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readToolSecrets } from './read-tool-secrets.ts';
import { ToolsConfig } from './tools-config.ts';

const webSearch = { keyVariable: 'SEARCH_KEY', usdPerCall: 0.005 };
const stdio = {
  name: 'handbook',
  command: 'node',
  args: ['server.js'],
  variables: ['HANDBOOK_TOKEN'],
  tools: [{ name: 'search' }],
};
const http = { name: 'wiki', url: 'https://mcp.example.org/mcp', keyVariable: 'WIKI_KEY', tools: [{ name: 'find' }] };

describe('ToolsConfig', () => {
  it('enables nothing by default', () => {
    expect(ToolsConfig.parse({})).toEqual({ maxSources: 6, mcp: [] });
  });

  it('has defaults for all settings that do not depend on the installation', () => {
    const config = ToolsConfig.parse({ wikipedia: {}, webSearch, mcp: [stdio, http] });
    expect(config.wikipedia).toMatchObject({
      enabled: true,
      baseUrl: 'https://{language}.wikipedia.org',
      questions: 3,
      results: 3,
    });
    expect(config.webSearch).toMatchObject({
      baseUrl: 'https://api.search.brave.com/res/v1/web/search',
      usdPerCall: 5_000_000n,
    });
    expect(config.mcp).toMatchObject([{ tools: [{ queryArgument: 'query', arguments: {} }] }, { url: http.url }]);
  });

  it.each([
    { title: 'a key in the file', given: { webSearch: { ...webSearch, key: 'secret' } } },
    { title: 'a key in place of a variable', given: { webSearch: { keyVariable: 'sk-live-1234' } } },
    { title: 'credentials in a URL', given: { mcp: [{ ...http, url: 'https://u:p@mcp.example.org/' }] } },
    { title: 'a server of both kinds', given: { mcp: [{ ...stdio, url: http.url }] } },
    { title: 'a server of neither kind', given: { mcp: [{ name: 'x', tools: [{ name: 'y' }] }] } },
    { title: 'a server without a list of tools', given: { mcp: [{ ...http, tools: [] }] } },
    { title: 'two servers with the same name', given: { mcp: [stdio, { ...http, name: 'handbook' }] } },
    { title: 'a server named as a built-in tool', given: { mcp: [{ ...http, name: 'wikipedia' }] } },
    { title: 'an invalid URL', given: { wikipedia: { baseUrl: 'ftp://{language}.example.org' } } },
    { title: 'a misspelt setting', given: { wikipedia: { result: 3 } } },
  ])('rejects $title', ({ given }) => {
    expect(ToolsConfig.safeParse(given).success).toBe(false);
  });
});

describe('readToolSecrets', () => {
  const config = ToolsConfig.parse({ webSearch, mcp: [stdio, http] });

  it('reads the named variables as secrets', () => {
    const { secrets, problems } = readToolSecrets(config, {
      SEARCH_KEY: 's',
      HANDBOOK_TOKEN: 'h',
      WIKI_KEY: 'w',
      OTHER: 'o',
    });
    expect(problems).toEqual([]);
    expect([...secrets].map(([name, secret]) => [name, secret.reveal()])).toEqual([
      ['SEARCH_KEY', 's'],
      ['HANDBOOK_TOKEN', 'h'],
      ['WIKI_KEY', 'w'],
    ]);
    expect(inspect(secrets)).not.toMatch(/'s'|'h'|'w'/);
  });

  it('reports all missing variables at once', () => {
    expect(readToolSecrets(config, { WIKI_KEY: '' }).problems).toEqual([
      { path: 'tools.webSearch.keyVariable', message: 'the environment variable SEARCH_KEY is not set' },
      { path: 'tools.mcp.0.variables.0', message: 'the environment variable HANDBOOK_TOKEN is not set' },
      { path: 'tools.mcp.1.keyVariable', message: 'the environment variable WIKI_KEY is not set' },
    ]);
  });

  it('requires no variables of disabled tools', () => {
    const off = ToolsConfig.parse({ webSearch: { ...webSearch, enabled: false }, mcp: [{ ...stdio, enabled: false }] });
    expect(readToolSecrets(off, {}).problems).toEqual([]);
  });
});
