import { parseArgs } from 'node:util';

import { UsageError } from '../usage-error.ts';

/**
 * Parses `ID [--flag …]`: the id of a task and switches. `--json` is always among them.
 * @throws {UsageError}
 */
export function parseTaskArgs<const Flag extends string = never>(
  args: readonly string[],
  flags: readonly Flag[] = [],
): { id: string; isSet: (flag: Flag | 'json') => boolean } {
  const { id, isSet } = parseFlags(args, flags);
  if (id === undefined) throw new UsageError('which task? give its id');
  return { id, isSet };
}

/** The same with the id left to the caller. */
export function parseFlags<const Flag extends string = never>(
  args: readonly string[],
  flags: readonly Flag[] = [],
): { id: string | undefined; isSet: (flag: Flag | 'json') => boolean } {
  const options = Object.fromEntries([...flags, 'json'].map((flag) => [flag, { type: 'boolean' as const }]));
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length > 1) throw new UsageError(`unexpected argument: ${positionals[1] ?? ''}`);
    return { id: positionals[0], isSet: (flag) => values[flag] === true };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError((error as Error).message.split('. ')[0] ?? 'unknown option');
  }
}
