import type { ScheduleView } from '@pressroom/contracts';
import { newId } from '@pressroom/runtime';
import { insertAudit, type Actor } from '../audit/audit-store.sql.ts';
import type { Database, Statement, TransactionQuery } from '../connection/database.ts';
import { isUniqueViolation } from '../connection/store-errors.ts';
import { toJsonb } from '../connection/to-jsonb.ts';
import { formatNameCursor, parseNameCursor } from '../paging/name-cursor.ts';
import { toPage, type Page, type PageRequest } from '../paging/page.ts';

export interface NewSchedule {
  tenantId: string;
  name: string;
  cron: string;
  timeZone: string;
  /** Body of `POST /tasks`. */
  task: Readonly<Record<string, unknown>>;
  enabled: boolean;
  overlap: ScheduleView['overlap'];
  nextFireAt: Date | null;
}

/** A due schedule, for the runner. */
export interface DueSchedule {
  id: string;
  tenantId: string;
  cron: string;
  timeZone: string;
  task: Record<string, unknown>;
  overlap: ScheduleView['overlap'];
  nextFireAt: Date;
  /** Is the task of its last fire still open? */
  lastTaskOpen: boolean;
  /** The database's clock at the read. */
  now: Date;
  /** With `nextFireAt`, the compare-and-set token of recording a fire. */
  revision: number;
}

export interface FireRecord {
  fireAt: Date;
  outcome: 'submitted' | 'skipped' | 'failed';
  taskId: string | null;
  error: { code: string; message: string } | null;
  nextFireAt: Date | null;
}

export type ScheduleWrite = ScheduleView | 'name_taken' | 'unknown_tenant' | 'not_found' | 'limit_reached';

/** Schedules. A `tenantId` of null means any tenant; schedules of other tenants are treated as missing. */
export interface ScheduleStore {
  /** The database's clock, by which fires are timed. */
  now(): Promise<Date>;
  /** @param maxPerTenant most schedules of a tenant */
  create(schedule: NewSchedule, actor: Actor, maxPerTenant: number): Promise<ScheduleWrite>;
  /** Ordered by tenant and name. A page ends early when its tasks exceed 2 MiB. @throws {CursorError} */
  list(tenantId: string | null, page: PageRequest): Promise<Page<ScheduleView>>;
  get(id: string, tenantId: string | null): Promise<ScheduleView | undefined>;
  /** Locks a schedule, passes it to `change` and stores the result. */
  update(
    id: string,
    tenantId: string | null,
    change: (schedule: ScheduleView) => Partial<Omit<NewSchedule, 'tenantId'>>,
    actor: Actor,
  ): Promise<ScheduleWrite>;
  remove(id: string, tenantId: string | null, actor: Actor): Promise<boolean>;
  /** Due schedules, fair among tenants and without the given tenants, whose fires would be rejected. */
  due(limit: number, withoutTenantIds?: readonly string[]): Promise<DueSchedule[]>;
  /** Records a fire and advances the schedule. False, without a change, when it was changed, fired or removed since the read. */
  recordFire(schedule: Pick<DueSchedule, 'id' | 'revision' | 'nextFireAt'>, record: FireRecord): Promise<boolean>;
  /** Records why a fire is delayed; the schedule stays due. */
  recordError(schedule: Pick<DueSchedule, 'id' | 'revision'>, error: { code: string; message: string }): Promise<void>;
}

/** Size of tasks, in bytes, at which a page ends. */
const MAX_PAGE_BYTES = 2 * 1_024 * 1_024;

const NOW: Statement = { name: 'schedules.now', text: 'SELECT pressroom_now() AS now' };
const COLUMNS = `id, tenant_id, name, cron, time_zone, task, enabled, overlap, next_fire_at, last_fire_at, last_outcome,
  last_task_id, error, created_at`;
/** Advisory lock for adding a schedule, so that concurrent additions cannot exceed the limit. */
const LOCK_TENANT: Statement = {
  name: 'schedules.lock_tenant',
  text: `SELECT id FROM tenant WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE`,
};
const INSERT: Statement = {
  name: 'schedules.insert',
  text: `INSERT INTO schedule (id, tenant_id, name, cron, time_zone, task, enabled, overlap, next_fire_at, created_by)
         SELECT $1, $2::uuid, $3, $4, $5, $6::jsonb, $7, $8, $9, $10
         WHERE (SELECT count(*) FROM schedule s WHERE s.tenant_id = $2) < $11
         RETURNING ${COLUMNS}`,
};
const LIST: Statement = {
  name: 'schedules.list',
  // Recursive, so that reading stops at the size limit: a task may contain megabytes of sources.
  text: `WITH RECURSIVE page AS (
           (SELECT s.*, 0::bigint AS bytes_before, 1 AS place FROM schedule s
            WHERE ($1::uuid IS NULL OR s.tenant_id = $1) AND ($2::uuid IS NULL OR (s.tenant_id, s.name) > ($2, $3::text))
            ORDER BY s.tenant_id, s.name LIMIT 1)
           UNION ALL
           SELECT next_row.*, page.bytes_before + octet_length(page.task::text), page.place + 1
           FROM page CROSS JOIN LATERAL (
             SELECT s.* FROM schedule s
             WHERE ($1::uuid IS NULL OR s.tenant_id = $1) AND (s.tenant_id, s.name) > (page.tenant_id, page.name)
             ORDER BY s.tenant_id, s.name LIMIT 1
           ) next_row
           WHERE page.place <= $4 AND page.bytes_before < $5
         )
         SELECT ${COLUMNS}, bytes_before FROM page ORDER BY place`,
};
const GET: Statement = {
  name: 'schedules.get',
  text: `SELECT ${COLUMNS} FROM schedule WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2)`,
};
const LOCK: Statement = { name: 'schedules.lock', text: `${GET.text} FOR UPDATE` };
const UPDATE: Statement = {
  name: 'schedules.update',
  text: `UPDATE schedule SET name = $2, cron = $3, time_zone = $4, task = $5::jsonb, enabled = $6, overlap = $7, next_fire_at = $8,
           error = NULL, revision = revision + 1
         WHERE id = $1 RETURNING ${COLUMNS}`,
};
const REMOVE: Statement = {
  name: 'schedules.remove',
  text: `DELETE FROM schedule WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2) RETURNING tenant_id AS "tenantId"`,
};
const DUE: Statement = {
  name: 'schedules.due',
  text: `SELECT s.id, s.tenant_id AS "tenantId", s.cron, s.time_zone AS "timeZone", s.task, s.overlap, s.revision,
           s.next_fire_at AS "nextFireAt", pressroom_now() AS now,
           EXISTS (SELECT 1 FROM task t WHERE t.id = s.last_task_id AND t.finished_at IS NULL) AS "lastTaskOpen"
         FROM (SELECT x.*, row_number() OVER (PARTITION BY x.tenant_id ORDER BY x.next_fire_at) AS nth FROM schedule x
               WHERE x.enabled AND x.next_fire_at <= pressroom_now() AND x.tenant_id <> ALL ($2::uuid[])) s
         ORDER BY s.nth, s.next_fire_at LIMIT $1`,
};
const RECORD: Statement = {
  name: 'schedules.record_fire',
  text: `UPDATE schedule SET next_fire_at = $4, last_fire_at = $5, last_outcome = $6, last_task_id = coalesce($7, last_task_id),
           error = $8::jsonb
         WHERE id = $1 AND revision = $2 AND next_fire_at = $3 RETURNING id`,
};
const NOTE_ERROR: Statement = {
  name: 'schedules.note_error',
  text: `UPDATE schedule SET error = $3::jsonb || jsonb_build_object('at', pressroom_now()) WHERE id = $1 AND revision = $2`,
};

interface ScheduleRow {
  id: string;
  tenant_id: string;
  name: string;
  cron: string;
  time_zone: string;
  task: Record<string, unknown>;
  enabled: boolean;
  overlap: ScheduleView['overlap'];
  next_fire_at: Date | null;
  last_fire_at: Date | null;
  last_outcome: 'submitted' | 'skipped' | 'failed' | null;
  last_task_id: string | null;
  error: { code: string; message: string; at: string } | null;
  created_at: Date;
}
type Row = ScheduleRow & Record<string, unknown>;

export function createScheduleStore(database: Database): ScheduleStore {
  return {
    async now() {
      const [row] = await database.run<{ now: Date }>(NOW, []);
      if (!row) throw new Error('the database returned no time');
      return row.now;
    },
    create: (schedule, actor, maxPerTenant) =>
      refusingTakenNames(() =>
        database.transaction(async (query) => {
          if ((await query(LOCK_TENANT, [schedule.tenantId])).length === 0) return 'unknown_tenant';
          const { tenantId, name, cron, timeZone, task, enabled, overlap, nextFireAt } = schedule;
          const values = [
            newId(),
            tenantId,
            name,
            cron,
            timeZone,
            toJsonb(task),
            enabled,
            overlap,
            nextFireAt,
            actor.keyId,
            maxPerTenant,
          ];
          const [row] = await query<Row>(INSERT, values);
          if (!row) return 'limit_reached';
          await audit(query, actor, 'schedule.create', row.id, tenantId);
          return toView(row);
        }),
      ),
    async list(tenantId, { cursor, limit }) {
      const after = cursor === undefined ? undefined : parseNameCursor(cursor);
      const values = [tenantId, after?.id ?? null, after?.name ?? null, limit, MAX_PAGE_BYTES];
      const rows = await database.read<Row & { bytes_before: string }>(LIST, values);
      const fitting = rows.filter((row) => Number(row.bytes_before) < MAX_PAGE_BYTES).length;
      return toPage(rows, Math.min(limit, fitting), toView, (row) =>
        formatNameCursor({ id: row.tenant_id, name: row.name }),
      );
    },
    async get(id, tenantId) {
      const [row] = await database.run<Row>(GET, [id, tenantId]);
      return row && toView(row);
    },
    update: (id, tenantId, change, actor) =>
      refusingTakenNames(() =>
        database.transaction(async (query) => {
          const [locked] = await query<Row>(LOCK, [id, tenantId]);
          if (!locked) return 'not_found';
          const before = toView(locked);
          const changes = change(before);
          const next = { ...before, nextFireAt: locked.next_fire_at, ...changes };
          const values = [
            id,
            next.name,
            next.cron,
            next.timeZone,
            toJsonb(next.task),
            next.enabled,
            next.overlap,
            next.nextFireAt,
          ];
          const [row] = await query<Row>(UPDATE, values);
          if (!row) throw new Error('the row of the locked schedule is missing');
          await audit(query, actor, 'schedule.update', id, locked.tenant_id, { changed: Object.keys(changes) });
          return toView(row);
        }),
      ),
    remove: (id, tenantId, actor) =>
      database.transaction(async (query) => {
        const [gone] = await query<{ tenantId: string }>(REMOVE, [id, tenantId]);
        if (gone) await audit(query, actor, 'schedule.delete', id, gone.tenantId);
        return gone !== undefined;
      }),
    due: (limit, without = []) => database.run<DueSchedule & Record<string, unknown>>(DUE, [limit, without]),
    async recordFire({ id, revision, nextFireAt }, record) {
      const rows = await database.run(RECORD, [
        id,
        revision,
        nextFireAt,
        record.nextFireAt,
        record.fireAt,
        record.outcome,
        record.taskId,
        record.error && toJsonb({ ...record.error, at: record.fireAt.toISOString() }),
      ]);
      return rows.length > 0;
    },
    async recordError({ id, revision }, error) {
      await database.run(NOTE_ERROR, [id, revision, toJsonb(error)]);
    },
  };
}

async function refusingTakenNames(write: () => Promise<ScheduleWrite>): Promise<ScheduleWrite> {
  try {
    return await write();
  } catch (error) {
    if (isUniqueViolation(error)) return 'name_taken';
    throw error;
  }
}

const audit = (
  query: TransactionQuery,
  actor: Actor,
  action: string,
  id: string,
  tenantId: string,
  data: Readonly<Record<string, unknown>> = {},
): Promise<void> => insertAudit(query, [{ actor, tenantId, action, target: { kind: 'schedule', id }, data }]);

const toView = (row: ScheduleRow): ScheduleView => ({
  id: row.id,
  tenantId: row.tenant_id,
  name: row.name,
  cron: row.cron,
  timeZone: row.time_zone,
  task: row.task,
  enabled: row.enabled,
  overlap: row.overlap,
  nextFireAt: row.next_fire_at?.toISOString() ?? null,
  lastFire:
    row.last_fire_at && row.last_outcome
      ? {
          at: row.last_fire_at.toISOString(),
          outcome: row.last_outcome,
          ...(row.last_outcome === 'submitted' && row.last_task_id !== null && { taskId: row.last_task_id }),
        }
      : null,
  error: row.error && { ...row.error, at: new Date(row.error.at).toISOString() },
  createdAt: row.created_at.toISOString(),
});
