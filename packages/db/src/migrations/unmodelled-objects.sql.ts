import type { Client } from 'pg';

export interface UnmodelledObjects {
  /** Partitions as `schema.table`; Prisma models only their parent. */
  tables: string[];
  /** Indexes that Prisma's schema language cannot express: partial, on expressions, with INCLUDE, not B-trees. */
  indexes: string[];
}

const SELECT_TABLES = `
  SELECT n.nspname || '.' || c.relname AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relispartition AND c.relkind IN ('r', 'p')`;

const SELECT_INDEXES = `
  SELECT c.relname AS name
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname NOT IN ('pg_catalog', 'pg_toast')
     AND (c.relam <> (SELECT oid FROM pg_am WHERE amname = 'btree') OR i.indpred IS NOT NULL OR i.indexprs IS NOT NULL OR i.indnkeyatts < i.indnatts)`;

/** Selects objects created by raw SQL in migrations that Prisma cannot model, to exclude them from a schema comparison. */
export async function selectUnmodelledObjects(client: Client): Promise<UnmodelledObjects> {
  const names = async (sql: string) => (await client.query<{ name: string }>(sql)).rows.map(({ name }) => name);
  return { tables: await names(SELECT_TABLES), indexes: await names(SELECT_INDEXES) };
}
