import type { Database, Statement } from '../connection/database.ts';

/** Inputs of the admission decision. */
export interface TenantFacts {
  /** Open tasks, counted up to one more than the limit. */
  openTasks: number;
  maxBacklog: number;
  rateLimitPerMinute: number | null;
  styleGuide: string | null;
  /** Stored bytes of inputs and outputs at the last measurement. */
  storedBytes: number;
  /** Null applies the installation's default. */
  maxStorageBytes: number | null;
}

export interface AdmissionStore {
  /** Undefined for an unknown tenant. */
  facts(tenantId: string): Promise<TenantFacts | undefined>;
  /** Takes up to `want` tokens from the tenant's shared bucket; `waitMs` is the time until the next token. */
  takeSubmissions(tenantId: string, want: number): Promise<{ taken: number; waitMs: number }>;
}

const FACTS: Statement = {
  name: 'admission.facts',
  text: `SELECT n.max_backlog AS "maxBacklog", n.rate_limit_per_minute AS "rateLimitPerMinute", n.style_guide AS "styleGuide",
           n.max_storage_bytes::float8 AS "maxStorageBytes",
           coalesce((SELECT u.archived_bytes + u.live_bytes FROM tenant_storage u WHERE u.tenant_id = n.id), 0)::float8 AS "storedBytes",
           (SELECT count(*) FROM (SELECT 1 FROM task t WHERE t.tenant_id = n.id AND t.finished_at IS NULL
                                  LIMIT n.max_backlog + 1) o)::int AS "openTasks"
         FROM tenant n WHERE n.id = $1 AND n.deleted_at IS NULL`,
};
const TAKE: Statement = {
  name: 'admission.take',
  text: `SELECT taken, wait_ms AS "waitMs" FROM take_submissions($1, $2)`,
};

export function createAdmissionStore(database: Database): AdmissionStore {
  return {
    async facts(tenantId) {
      const [row] = await database.run<TenantFacts & Record<string, unknown>>(FACTS, [tenantId]);
      return row;
    },
    async takeSubmissions(tenantId, want) {
      const [row] = await database.run<{ taken: number; waitMs: number }>(TAKE, [tenantId, want]);
      return row ?? { taken: 0, waitMs: 1_000 };
    },
  };
}
