import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SUFFIX = '.sql';

/** One file under `prisma/functions`. */
export interface FunctionFile {
  /** File name without its suffix: the function, or `<function>.v<N>` for an earlier signature kept for rolling upgrades. */
  name: string;
  sql: string;
  /** SHA-256 of `sql` in hex. */
  checksum: string;
}

/** All functions of this build, sorted by name; none when the directory does not exist. */
export function readFunctions(directory: string): FunctionFile[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((file) => file.endsWith(SUFFIX))
    .sort()
    .map((file) => {
      const sql = readFileSync(join(directory, file), 'utf8');
      return { name: file.slice(0, -SUFFIX.length), sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

/** Selects the functions whose checksum differs from the applied one. Ignores applied functions that this build lacks. Pure. */
export function selectChangedFunctions(
  functions: readonly FunctionFile[],
  applied: ReadonlyMap<string, string>,
): FunctionFile[] {
  return functions.filter(({ name, checksum }) => applied.get(name) !== checksum);
}
