import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** Directory of `bin`, `lib` and `share`; can be copied as a whole. */
  root: string;
  /** Version of their npm package. */
  packageVersion: string;
}

const SYSTEM: Partial<Record<NodeJS.Platform, string>> = { darwin: 'darwin', linux: 'linux', win32: 'windows' };

/**
 * Locates the PostgreSQL that npm installed for this platform. Resolves the platform package from `embedded-postgres` without
 * importing it, since it installs process-wide exit handlers that would conflict with the supervisor's.
 */
export async function locatePostgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${SYSTEM[platform()] ?? platform()}-${arch()}`;
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  try {
    const entry = require.resolve(name);
    const { initdb, postgres } = (await import(pathToFileURL(entry).href)) as { initdb: string; postgres: string };
    const root = dirname(dirname(postgres));
    const { version } = JSON.parse(readFileSync(join(dirname(root), 'package.json'), 'utf8')) as { version: string };
    return { initdb, postgres, root, packageVersion: version };
  } catch (error) {
    throw new EmbeddedPostgresError(
      `the package ${name} with PostgreSQL's programs is not installed, or does not exist for this platform; ` +
        'install again without --no-optional, or set DATABASE_URL to a PostgreSQL server (14 or newer)',
      { cause: error },
    );
  }
}
