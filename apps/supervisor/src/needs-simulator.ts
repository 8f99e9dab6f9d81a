import { readFileSync } from 'node:fs';

import { errorMessage } from '@pressroom/runtime';
import { parse } from 'yaml';

import type { Config } from './config.ts';
import { StartError } from './start-error.ts';

/** Without any provider, in variables or in the configuration file, the offline simulator stands in for one. */
export function needsSimulator(config: Pick<Config, 'hasProvider' | 'configFile'>): boolean {
  if (config.hasProvider) return false;
  return config.configFile === undefined || !namesProviders(config.configFile);
}

function namesProviders(configFile: string): boolean {
  try {
    // JSON is YAML.
    const content: unknown = parse(readFileSync(configFile, 'utf8'));
    const providers = (content as { providers?: unknown } | null)?.providers;
    return Array.isArray(providers) && providers.length > 0;
  } catch (error) {
    throw new StartError(`cannot read PRESSROOM_CONFIG (${configFile}): ${errorMessage(error)}`, { cause: error });
  }
}
