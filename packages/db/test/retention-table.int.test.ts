import { readFileSync } from 'node:fs';

import { openTestDatabase, type OpenTestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { RETENTION_RULES } from '../src/index.ts';

const PAGE = readFileSync(new URL('../../../docs/retention.md', import.meta.url), 'utf8');
/** First cells of the table under `### Tables`; `*` stands for any ending. */
const LISTED = Array.from(
  (PAGE.split('### Tables')[1]?.split('###')[0] ?? '').matchAll(/^\| `([\w*]+)` /gm),
  ([, name]) => name ?? '',
);

describe('docs/retention.md', () => {
  let db: OpenTestDatabase;
  let tables: string[];

  beforeAll(async () => {
    db = await openTestDatabase();
    const rows = await db.sql<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace`,
    );
    tables = rows.map(({ name }) => name);
  });
  afterAll(() => db.close());

  const covers = (listed: string, table: string): boolean =>
    listed.endsWith('*') ? table.startsWith(listed.slice(0, -1)) : listed === table;

  it('names an owner for every table and partition of the database', () => {
    expect(tables.filter((table) => !LISTED.some((listed) => covers(listed, table)))).toEqual([]);
  });

  it('names no missing table', () => {
    expect(LISTED.filter((listed) => !tables.some((table) => covers(listed, table)))).toEqual([]);
  });

  it('names every rule that removes rows', () => {
    expect(RETENTION_RULES.filter((rule) => !PAGE.includes(`\`${rule}\``))).toEqual([]);
  });
});
