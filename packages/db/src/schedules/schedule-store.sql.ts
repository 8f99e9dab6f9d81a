import type { ScheduleView } from '@pressroom/contracts';
import { newId } from '@pressroom/runtime';
import { insertAudit, type Actor } from '../audit/audit-store.sql.ts';
import type { Database, Statement, TransactionQuery } from '../connection/database.ts';
import { isUniqueViolation } from '../connection/store-errors.ts';
import { toJsonb } from '../connection/to-jsonb.ts';

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

/** A schedule that may fire, as the runner sees it. */
export interface DueSchedule {
  id: string;
  tenantId: string;
  cron: string;
  timeZone: string;
  task: Record<string, unknown>;
  overlap: ScheduleView['overlap'];
  nextFireAt: Date;
  /** Has the task of its last fire not ended yet? */
  lastTaskOpen: boolean;
  /** The database's clock when this was read. */
  now: Date;
  /** Recording a fire is a compare-and-set on this and on `nextFireAt`. */
  revision: number;
}

export interface FireRecord {
  fireAt: Date;
  outcome: 'submitted' | 'skipped' | 'failed';
  taskId: string | null;
  error: { code: string; message: string } | null;
  nextFireAt: Date | null;
}

export type ScheduleWrite = ScheduleView | 'name_taken' | 'unknown_tenant' | 'not_found';

/** Schedules. A `tenantId` of null means any tenant; another tenant's schedule does not exist. */
export interface ScheduleStore {
  create(schedule: NewSchedule, actor: Actor): Promise<ScheduleWrite>;
  /** By tenant and name. */
  list(tenantId: string | null): Promise<ScheduleView[]>;
  get(id: string, tenantId: string | null): Promise<ScheduleView | undefined>;
  /** Locks a schedule, lets `change` say what it becomes and writes that. */
  update(
    id: string,
    tenantId: string | null,
    change: (schedule: ScheduleView) => Partial<Omit<NewSchedule, 'tenantId'>>,
    actor: Actor,
  ): Promise<ScheduleWrite>;
  remove(id: string, tenantId: string | null, actor: Actor): Promise<boolean>;
  due(limit: number): Promise<DueSchedule[]>;
  /** Moves a schedule on. False when it was changed, fired or removed meanwhile: then nothing is written. */
  recordFire(schedule: Pick<DueSchedule, 'id' | 'revision' | 'nextFireAt'>, record: FireRecord): Promise<boolean>;
  /** Says why a fire is late; it stays due. */
  noteError(schedule: Pick<DueSchedule, 'id' | 'revision'>, error: { code: string; message: string }): Promise<void>;
}

const COLUMNS = `id, tenant_id, name, cron, time_zone, task, enabled, overlap, next_fire_at, last_fire_at, last_outcome,
  last_task_id, error, created_at`;
const INSERT: Statement = {
  name: 'schedules.insert',
  text: `INSERT INTO schedule (id, tenant_id, name, cron, time_zone, task, enabled, overlap, next_fire_at, created_by)
         SELECT $1, t.id, $3, $4, $5, $6::jsonb, $7, $8, $9, $10 FROM tenant t WHERE t.id = $2 AND t.deleted_at IS NULL
         RETURNING ${COLUMNS}`,
};
const LIST: Statement = {
  name: 'schedules.list',
  text: `SELECT ${COLUMNS} FROM schedule WHERE $1::uuid IS NULL OR tenant_id = $1 ORDER BY tenant_id, name`,
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
           s.next_fire_at AS "nextFireAt", now() AS now,
           EXISTS (SELECT 1 FROM task t WHERE t.id = s.last_task_id AND t.finished_at IS NULL) AS "lastTaskOpen"
         FROM schedule s WHERE s.enabled AND s.next_fire_at <= now() ORDER BY s.next_fire_at LIMIT $1`,
};
const RECORD: Statement = {
  name: 'schedules.record_fire',
  text: `UPDATE schedule SET next_fire_at = $4, last_fire_at = $5, last_outcome = $6, last_task_id = coalesce($7, last_task_id),
           error = $8::jsonb
         WHERE id = $1 AND revision = $2 AND next_fire_at = $3 RETURNING id`,
};
const NOTE_ERROR: Statement = {
  name: 'schedules.note_error',
  text: `UPDATE schedule SET error = $3::jsonb || jsonb_build_object('at', now()) WHERE id = $1 AND revision = $2`,
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
    create: (schedule, actor) =>
      refusingTakenNames(() =>
        database.transaction(async (query) => {
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
          ];
          const [row] = await query<Row>(INSERT, values);
          if (!row) return 'unknown_tenant';
          await audit(query, actor, 'schedule.create', row.id, tenantId);
          return toView(row);
        }),
      ),
    list: async (tenantId) => (await database.run<Row>(LIST, [tenantId])).map(toView),
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
          if (!row) throw new Error('the locked schedule vanished');
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
    due: (limit) => database.run<DueSchedule & Record<string, unknown>>(DUE, [limit]),
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
    async noteError({ id, revision }, error) {
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
