import type { Database, Statement } from '../connection/database.ts';

/** How many bytes of inputs and outputs each tenant has stored: projections, cheap to read and built again daily. */
export interface StorageStore {
  /** Measures the inputs of all tasks that are not archived, at every tenant. */
  measure(): Promise<void>;
  /** Builds the archived bytes of the tenant that waited longest again, if it waited a day; by how much they were wrong. */
  reconcileNext(): Promise<{ tenantId: string; correctionBytes: number } | undefined>;
}

/** Most of a day's tenants fit into a loop's turns; a tenant's sum reads one index entry and one row a task. */
const RECONCILE_HOURS = 24;

const MEASURE: Statement = {
  name: 'storage.measure',
  text: `WITH live AS (
           SELECT t.tenant_id, sum(pg_column_size(t.input))::bigint AS bytes
           FROM (SELECT DISTINCT s.task_id FROM step s) x JOIN task t ON t.id = x.task_id GROUP BY 1
         ), measured AS (
           SELECT l.tenant_id, l.bytes FROM live l WHERE l.bytes IS NOT NULL
           UNION ALL
           SELECT n.tenant_id, 0 FROM tenant_storage n WHERE n.tenant_id NOT IN (SELECT l.tenant_id FROM live l WHERE l.bytes IS NOT NULL)
         )
         INSERT INTO tenant_storage AS n (tenant_id, live_bytes, measured_at)
         SELECT m.tenant_id, m.bytes, now() FROM measured m ORDER BY m.tenant_id
         ON CONFLICT (tenant_id) DO UPDATE SET live_bytes = excluded.live_bytes, measured_at = excluded.measured_at
         WHERE n.live_bytes <> excluded.live_bytes`,
};
const RECONCILE: Statement = {
  name: 'storage.reconcile',
  text: `SELECT n.tenant_id AS "tenantId", reconcile_tenant_storage(n.tenant_id)::float8 AS "correctionBytes" FROM (
           SELECT x.tenant_id FROM tenant_storage x
           WHERE x.reconciled_at IS NULL OR x.reconciled_at < now() - ${RECONCILE_HOURS} * interval '1 hour'
           ORDER BY x.reconciled_at NULLS FIRST, x.tenant_id LIMIT 1) n`,
};

export function createStorageStore(database: Database): StorageStore {
  return {
    async measure() {
      await database.read(MEASURE, []);
    },
    async reconcileNext() {
      const [row] = await database.run<{ tenantId: string; correctionBytes: number }>(RECONCILE, []);
      return row;
    },
  };
}
