import { type ConfigProblem, Secret } from '@pressroom/runtime';
import type { ToolsConfig } from './tools-config.ts';

/** Values of the environment variables that a tools configuration refers to, by name. */
export type ToolSecrets = ReadonlyMap<string, Secret>;

/** Reads the variables of enabled tools from the environment and reports missing ones. Pure. */
export function readToolSecrets(
  config: ToolsConfig,
  env: Readonly<Record<string, string | undefined>>,
): { secrets: ToolSecrets; problems: ConfigProblem[] } {
  const secrets = new Map<string, Secret>();
  const problems: ConfigProblem[] = [];
  const take = (path: string, name: string | undefined): void => {
    if (name === undefined) return;
    const value = env[name];
    if (value === undefined || value === '')
      problems.push({ path, message: `the environment variable ${name} is not set` });
    else secrets.set(name, new Secret(value));
  };
  const { webSearch } = config;
  if (webSearch?.enabled) take('tools.webSearch.keyVariable', webSearch.keyVariable);
  config.mcp.forEach((server, index) => {
    if (!server.enabled) return;
    if ('url' in server) take(`tools.mcp.${index}.keyVariable`, server.keyVariable);
    else
      server.variables.forEach((name, at) => {
        take(`tools.mcp.${index}.variables.${at}`, name);
      });
  });
  return { secrets, problems };
}
