import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { MigrationError } from './migration-error.ts';
import type { FunctionFile } from './read-functions.ts';

/** Checksums of all versions of each function, oldest first; the last is that of its file. */
export type FunctionHistory = ReadonlyMap<string, readonly string[]>;

/** One line per version: name and checksum. `npm run golden` adds new versions. */
const FILE = 'history.txt';

/** Reads the history; empty when the directory has none. */
export function readFunctionHistory(directory: string): FunctionHistory {
  const file = join(directory, FILE);
  if (!existsSync(file)) return new Map();
  const history = new Map<string, string[]>();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [name, checksum] = line.split(' ');
    if (name === undefined || checksum === undefined) continue;
    history.set(name, [...(history.get(name) ?? []), checksum]);
  }
  return history;
}

/**
 * Renders the history with the versions of these files added.
 *
 * @throws {MigrationError} for a file that equals an earlier version, which would make its database look outdated to the
 *   version in between
 */
export function renderFunctionHistory(history: FunctionHistory, functions: readonly FunctionFile[]): string {
  const extended = new Map(history);
  for (const { name, checksum } of functions) {
    const versions = extended.get(name) ?? [];
    if (versions.at(-1) === checksum) continue;
    if (versions.includes(checksum)) {
      throw new MigrationError(
        `prisma/functions/${name}.sql equals an earlier version, which cannot be distinguished from an outdated database; change a comment in it`,
      );
    }
    extended.set(name, [...versions, checksum]);
  }
  return [...extended]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, versions]) => versions.map((checksum) => `${name} ${checksum}\n`))
    .join('');
}

/**
 * Selects the functions of which the database has an earlier version than this build. A version that is not in the history
 * belongs to a newer release.
 */
export function selectOutdatedFunctions(
  functions: readonly FunctionFile[],
  applied: ReadonlyMap<string, string>,
  history: FunctionHistory,
): string[] {
  return functions.flatMap(({ name, checksum }) => {
    const found = applied.get(name);
    return found !== undefined && found !== checksum && history.get(name)?.includes(found) === true ? [name] : [];
  });
}
