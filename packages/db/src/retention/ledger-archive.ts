import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

import { AppError, type Clock } from '@pressroom/runtime';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';

/** An archived month of the ledger. */
export interface ArchivedMonth {
  partition: string;
  rows: number;
  file: string;
}

export interface LedgerArchive {
  /**
   * Archives the oldest partition that ended more than `keepMonths` whole months ago: writes `<partition>.csv.gz` and a
   * manifest, reads the file back, and only then drops the partition. Undefined when no partition is due. After a crash the
   * next call verifies the existing file, and continues or writes it again.
   *
   * @throws {LedgerArchiveError} when the file cannot be written or differs from the partition
   */
  archiveNext(keepMonths: number): Promise<ArchivedMonth | undefined>;
  /** Estimated rows of all due partitions, and the start of the oldest. */
  due(keepMonths: number): Promise<{ due: number; oldestAt: Date | null }>;
}

export class LedgerArchiveError extends AppError {
  readonly code = 'STORE_UNSUITABLE';
  readonly retryable = true;
}

/** Metadata of an archive file, for verification. */
interface Manifest {
  partition: string;
  rows: number;
  /** SHA-256 of the uncompressed CSV, in hex. */
  sha256: string;
  archivedAt: string;
}

interface Partition {
  name: string;
  month: Date;
  rows: number;
}

/** Lock time-out for the parent table; a longer wait would block all calls that end. */
const LOCK_TIMEOUT_MS = 2_000;

const DUE = `
  SELECT c.relname AS name, m.month AT TIME ZONE 'utc' AS month, greatest(0, c.reltuples)::float8 AS rows
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  CROSS JOIN LATERAL (SELECT to_timestamp(right(c.relname, 7), 'YYYY_MM')::timestamp AS month) m
  WHERE i.inhparent = 'ledger_entry'::regclass AND c.relname ~ '^ledger_entry_\\d{4}_\\d{2}$'
    AND m.month + interval '1 month' <= date_trunc('month', pressroom_now() AT TIME ZONE 'utc') - make_interval(months => $1)
  ORDER BY m.month`;

/** @param deps.directory created if missing; must be shared by all coordinators */
export function createLedgerArchive(deps: { databaseUrl: string; directory: string; clock: Clock }): LedgerArchive {
  const { directory } = deps;

  const withClient = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
    // A separate connection, since copying a month exceeds the statement time-out of the stores.
    const client = new pg.Client({ connectionString: deps.databaseUrl, application_name: 'pressroom-ledger-archive' });
    // The current statement reports a lost connection.
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  };
  const duePartitions = async (client: pg.Client, keepMonths: number): Promise<Partition[]> =>
    (await client.query<Partition>(DUE, [keepMonths])).rows;

  return {
    archiveNext: (keepMonths) =>
      withClient(async (client) => {
        const [partition] = await duePartitions(client, keepMonths);
        if (!partition) return undefined;
        const file = join(directory, `${partition.name}.csv.gz`);
        await mkdir(directory, { recursive: true });
        const manifest =
          (await findArchived(client, partition.name, file)) ??
          (await write(client, partition.name, file, new Date(deps.clock.nowMs()).toISOString()));
        if (!(await dropIfArchived(client, partition.name, manifest.rows))) {
          // Rows were added after the copy; the next run copies the month again.
          await rm(manifestOf(file), { force: true });
          throw new LedgerArchiveError(
            `${partition.name} has changed since it was archived; the next run archives it again`,
          );
        }
        return { partition: partition.name, rows: manifest.rows, file };
      }),
    due: (keepMonths) =>
      withClient(async (client) => {
        const partitions = await duePartitions(client, keepMonths);
        const due = partitions.reduce((sum, partition) => sum + partition.rows, 0);
        return { due, oldestAt: partitions[0]?.month ?? null };
      }),
  };
}

const manifestOf = (file: string): string => file.replace(/\.csv\.gz$/, '.json');

/** Copies a partition to a temporary file, syncs and renames it, and reads it back. */
async function write(client: pg.Client, partition: string, file: string, archivedAt: string): Promise<Manifest> {
  const temporary = `${file}.${process.pid}.tmp`;
  const hash = createHash('sha256');
  const source = client.query(copyTo(copyOf(partition)));
  try {
    await pipeline(source, tap(hash), createGzip(), createWriteStream(temporary));
    await syncFile(temporary);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new LedgerArchiveError(
      `${partition} cannot be archived to ${file}: check that the directory is writable and has free space`,
      {
        cause,
      },
    );
  }
  const manifest: Manifest = {
    partition,
    rows: source.rowCount,
    sha256: hash.digest('hex'),
    archivedAt,
  };
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await writeFile(`${manifestOf(file)}.tmp`, text);
  await syncFile(`${manifestOf(file)}.tmp`);
  await rename(`${manifestOf(file)}.tmp`, manifestOf(file));
  await syncFile(join(file, '..'));
  const readBack = await readVerified(file, partition);
  if (!readBack) throw new LedgerArchiveError(`${file} differs from what was written to it; check the disk`);
  return readBack;
}

/** Finds the manifest of a run that ended before the partition was dropped, if its file matches the partition. */
async function findArchived(client: pg.Client, partition: string, file: string): Promise<Manifest | undefined> {
  const manifest = await readVerified(file, partition);
  if (!manifest) return undefined;
  const hash = createHash('sha256');
  await pipeline(client.query(copyTo(copyOf(partition))), tap(hash), discard());
  if (hash.digest('hex') === manifest.sha256) return manifest;
  throw new LedgerArchiveError(
    `${file} holds another archive than that of this database's ${partition}: move it away, or give each database its own ledgerArchiveDir`,
  );
}

/** Reads the manifest of an archive file; undefined unless both exist and match. */
async function readVerified(file: string, partition: string): Promise<Manifest | undefined> {
  try {
    const manifest = JSON.parse(await readFile(manifestOf(file), 'utf8')) as Manifest;
    const hash = createHash('sha256');
    await pipeline(createReadStream(file), createGunzip(), tap(hash), discard());
    return manifest.partition === partition && hash.digest('hex') === manifest.sha256 ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** Drops a partition if it still has this number of rows; rows are only ever added. */
async function dropIfArchived(client: pg.Client, partition: string, rows: number): Promise<boolean> {
  const table = pg.escapeIdentifier(partition);
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    await client.query(`LOCK TABLE ${table} IN EXCLUSIVE MODE`);
    const { rows: counted } = await client.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
    const isArchived = Number(counted[0]?.count) === rows;
    if (isArchived) {
      await client.query(`ALTER TABLE ledger_entry DETACH PARTITION ${table}`);
      await client.query(`DROP TABLE ${table}`);
    }
    await client.query('COMMIT');
    return isArchived;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

const copyOf = (partition: string): string =>
  `COPY (SELECT * FROM ${pg.escapeIdentifier(partition)} ORDER BY created_at, id) TO STDOUT (FORMAT csv, HEADER true)`;

const discard = (): Writable =>
  new Writable({
    write(_chunk, _encoding, done) {
      done();
    },
  });

const tap = (hash: ReturnType<typeof createHash>): Transform =>
  new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
