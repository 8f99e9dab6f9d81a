import { readFileSync } from 'node:fs';

import { ConfigError, errorMessage, parseConfig } from '@pressroom/runtime';
import { parse } from 'yaml';
import type { z } from 'zod';

/**
 * Reads a coordinator's sections of the file that `PRESSROOM_CONFIG` names, JSON or YAML; without a file everything has
 * its default. Sections about models and providers are the workers' to judge: they are let pass.
 *
 * @throws {ConfigError} naming every problem of the file at once
 */
export function readConfigFile<Sections extends z.ZodObject>(
  path: string | undefined,
  sections: Sections,
): z.output<Sections> {
  const content = path === undefined ? {} : readYaml(path);
  // Without its other keys the file is the sections' own, which still refuse what they do not know.
  const own = Object.fromEntries(Object.entries(content).filter(([key]) => key in sections.shape));
  return parseConfig(sections, own, 'PRESSROOM_CONFIG');
}

function readYaml(path: string): object {
  try {
    const content: unknown = parse(readFileSync(path, 'utf8')) ?? {};
    if (typeof content === 'object' && content !== null) return content;
  } catch (error) {
    throw new ConfigError('the environment', [
      { path: 'PRESSROOM_CONFIG', message: `cannot be read: ${errorMessage(error)}` },
    ]);
  }
  throw new ConfigError('the environment', [{ path: 'PRESSROOM_CONFIG', message: 'must hold settings by name' }]);
}
