/**
 * `author-migration.ts <name>` writes the SQL that takes the migrations to prisma/schema.prisma into a new migration;
 * edit it before committing where functions, partitions or partial indexes are needed (raw SQL, unseen by Prisma).
 * `author-migration.ts --check` fails when the two differ in anything that Prisma models.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { diffSchema } from '../packages/db/src/migrations/diff-schema.ts';
import { MIGRATIONS_DIR } from '@pressroom/db';

import { withScratchDatabase } from './scratch-database.ts';

const { values, positionals } = parseArgs({ options: { check: { type: 'boolean' } }, allowPositionals: true });
const title = positionals[0];
if (values.check !== true && (title === undefined || !/^[a-z0-9_]+$/.test(title))) {
  console.error('usage: author-migration.ts <name_in_snake_case> | --check');
  process.exit(2);
}

const schema = {
  path: 'prisma/schema.prisma',
  content: readFileSync(join(MIGRATIONS_DIR, '../schema.prisma'), 'utf8'),
};
const sql = await withScratchDatabase((databaseUrl) => diffSchema({ databaseUrl, schema }));

if (values.check === true) {
  if (sql !== '') {
    console.error(`prisma/schema.prisma and prisma/migrations differ:\n\n${sql}\n`);
    console.error('Fix: npm run db:author -- <name>, and review the new migration.');
    process.exitCode = 1;
  }
} else if (sql === '') {
  console.log('Nothing to do: prisma/migrations already lead to prisma/schema.prisma.');
} else {
  const stamp = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14);
  const directory = join(MIGRATIONS_DIR, `${stamp}_${title ?? ''}`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'migration.sql'), `${sql}\n`);
  console.log(`Wrote ${directory}/migration.sql; review it before committing.`);
}
