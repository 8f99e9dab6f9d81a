import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';

import { systemClock } from '@pressroom/runtime';
import { aLedgerEntry, openScene, openTestDatabase, type OpenTestDatabase, type Scene } from '@pressroom/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createLedgerArchive, type LedgerArchive } from '../src/index.ts';

describe('the archive of the ledger', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let directory: string;
  let archive: LedgerArchive;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
  });
  afterAll(() => db.close());
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pressroom-ledger-'));
    archive = createLedgerArchive({ databaseUrl: db.url, directory, clock: systemClock });
    await db.sql(`CREATE TABLE IF NOT EXISTS ledger_entry_2020_01 PARTITION OF ledger_entry
                  FOR VALUES FROM ('2020-01-01T00:00:00Z') TO ('2020-02-01T00:00:00Z')`);
  });
  afterEach(async () => {
    await db.sql('DROP TABLE IF EXISTS ledger_entry_2020_01');
    await rm(directory, { recursive: true, force: true });
  });

  const write = async (rows: number): Promise<void> => {
    const { attempt } = await scene.running();
    const entry = aLedgerEntry(attempt, { purpose: 'with "quotes", commas\nand lines' });
    for (let row = 0; row < rows; row += 1) {
      await db.sql(`SELECT write_ledger_entry($1::jsonb, 'ok', 100, 200)`, [JSON.stringify(entry)]);
    }
    await db.sql(`UPDATE ledger_entry SET created_at = '2020-01-15T00:00:00Z' WHERE task_id = $1`, [attempt.taskId]);
  };
  const rowsLeft = async (): Promise<number> => {
    const [row] = await db.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM ledger_entry WHERE created_at < '2021-01-01'`,
    );
    return row?.count ?? 0;
  };
  const csv = () => text(createReadStream(join(directory, 'ledger_entry_2020_01.csv.gz')).pipe(createGunzip()));

  it('writes an old month to a file and drops it, and keeps recent months', async () => {
    await write(3);
    expect(await archive.archiveNext(12)).toMatchObject({ partition: 'ledger_entry_2020_01', rows: 3 });
    expect(await rowsLeft()).toBe(0);
    expect((await csv()).match(/with ""quotes"", commas\nand lines/g)).toHaveLength(3);
    expect((await readdir(directory)).sort()).toEqual(['ledger_entry_2020_01.csv.gz', 'ledger_entry_2020_01.json']);
    expect(await archive.archiveNext(12)).toBeUndefined();
    expect(await archive.due(1_200)).toEqual({ due: 0, oldestAt: null });
  });

  it('keeps the month when the file cannot be written', async () => {
    await write(2);
    await rm(directory, { recursive: true });
    await writeFile(directory, 'a file stands in the way');
    await expect(archive.archiveNext(12)).rejects.toThrow();
    expect(await rowsLeft()).toBe(2);
  });

  it('continues after a crash between file and drop', async () => {
    await write(2);
    // A lock prevents the drop, like a crash at this point.
    const other = db.connect();
    await other.transaction(async (query) => {
      await query({ name: 'test.hold', text: 'LOCK TABLE ledger_entry_2020_01 IN SHARE MODE' }, []);
      await expect(archive.archiveNext(12)).rejects.toThrow(/lock timeout/);
    });
    expect(await rowsLeft()).toBe(2);
    const archivedAt = (
      JSON.parse(await readFile(join(directory, 'ledger_entry_2020_01.json'), 'utf8')) as { archivedAt: string }
    ).archivedAt;
    expect(await archive.archiveNext(12)).toMatchObject({ rows: 2 });
    expect(await rowsLeft()).toBe(0);
    expect(await readFile(join(directory, 'ledger_entry_2020_01.json'), 'utf8')).toContain(archivedAt);
  });

  it('rewrites an incomplete or damaged file', async () => {
    await write(2);
    await writeFile(join(directory, 'ledger_entry_2020_01.csv.gz'), 'half of it');
    expect(await archive.archiveNext(12)).toMatchObject({ rows: 2 });
    expect((await csv()).split('\n').length).toBeGreaterThan(4);
  });

  it('never drops a month whose file has other rows', async () => {
    await write(2);
    await archive.archiveNext(12);
    await db.sql(
      `CREATE TABLE ledger_entry_2020_01 PARTITION OF ledger_entry FOR VALUES FROM ('2020-01-01T00:00:00Z') TO ('2020-02-01T00:00:00Z')`,
    );
    await write(2);
    await expect(archive.archiveNext(12)).rejects.toThrow(/holds another archive/);
    expect(await rowsLeft()).toBe(2);
  });
});
