import type pg from 'pg';

/** Bytes per task in one part of the store. */
export interface PartSize {
  table: string;
  /** Its rows (`heap`), its TOAST table (`toast`), or the name of an index. */
  part: string;
  bytesPerTask: number;
}

/** Stored bytes per task at one time, after VACUUM. */
export interface Footprint {
  label: string;
  tasks: number;
  /** Stored size of the steps' outputs. */
  outputBytes: number;
  totalBytes: number;
  parts: PartSize[];
}

/** Smaller parts are the same few pages for any number of tasks. */
const MIN_PART_BYTES = 32_768;

const PARTS = `
  SELECT t.relname AS table, x.part, sum(x.bytes)::float8 AS bytes
  FROM pg_class t
  CROSS JOIN LATERAL (
    SELECT 'heap' AS part, pg_relation_size(t.oid) AS bytes
    UNION ALL SELECT 'toast', pg_total_relation_size(t.reltoastrelid) WHERE t.reltoastrelid <> 0
    UNION ALL SELECT i.indexrelid::regclass::text, pg_relation_size(i.indexrelid) FROM pg_index i WHERE i.indrelid = t.oid) x
  WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace
  GROUP BY 1, 2 ORDER BY 3 DESC`;
const TASKS = `
  SELECT (SELECT count(*) FROM task)::float8 AS tasks,
    (SELECT coalesce(sum(pg_column_size(body)), 0) FROM artifact)::float8
      + (SELECT coalesce(sum(pg_column_size(outputs)), 0) FROM task_archive)::float8 AS outputs`;

/** Rewrites every table first, so that space of deleted rows does not count. */
export async function measureFootprint(sql: pg.Client, label: string): Promise<Footprint> {
  await sql.query('VACUUM FULL');
  const [counts] = (await sql.query<{ tasks: number; outputs: number }>(TASKS)).rows;
  if (!counts || counts.tasks === 0) throw new Error('there are no tasks to measure');
  const { tasks, outputs } = counts;
  const { rows } = await sql.query<{ table: string; part: string; bytes: number }>(PARTS);
  const parts = rows
    .filter(({ bytes }) => bytes >= MIN_PART_BYTES)
    .map(({ table, part, bytes }): PartSize => ({ table, part, bytesPerTask: bytes / tasks }));
  return {
    label,
    tasks,
    outputBytes: outputs / tasks,
    totalBytes: parts.reduce((sum, { bytesPerTask }) => sum + bytesPerTask, 0),
    parts,
  };
}
