import type { DeadLetterState, Limitation, StepStatus, TaskStatus, Tier } from '@pressroom/contracts';

import { insertAudit, type Actor, type AuditRecord } from '../audit/audit-store.sql.ts';
import type { Database, Statement, TransactionQuery } from '../connection/database.ts';
import { toJsonb } from '../connection/to-jsonb.ts';

export interface RestartStep {
  id: string;
  key: string;
  status: StepStatus;
  deps: string[];
  next: string[];
  params: Record<string, unknown>;
  /** Key of the step whose completion added it; null when it was planned at acceptance. */
  spawnedBy: string | null;
  degraded: boolean;
}

export interface RestartLetter {
  id: string;
  stepId: string | null;
  state: DeadLetterState;
  operationId: string | null;
}

/** A task under its row lock, as far as beginning its next generation needs it. */
export interface RestartSnapshot {
  task: {
    id: string;
    tenantId: string;
    type: string;
    pipelineVersion: number;
    status: TaskStatus;
    generation: number;
    limitations: Limitation[];
    contentDeleted: boolean;
    /** Null unless it was asked for, since it may be megabytes. */
    input: Record<string, unknown> | null;
  };
  steps: RestartStep[];
  letters: RestartLetter[];
}

export interface StepReset {
  id: string;
  status: 'ready' | 'pending';
  deps: readonly string[];
  next: readonly string[];
  depsLeft: number;
  /** Absent keeps them. */
  params?: Readonly<Record<string, unknown>>;
  tier?: Tier;
  /** Forget finished calls. */
  resetCalls: boolean;
}

/** The next generation of a task. */
export interface Restart {
  reset: readonly StepReset[];
  /** Steps that stay as they are but for their neighbours. */
  relinked: readonly { id: string; deps: readonly string[]; next: readonly string[] }[];
  /** Ids of steps that leave the plan. */
  removed: readonly string[];
  stepsTotal: number;
  stepsBad: number;
  limitations: readonly Limitation[];
  degraded: boolean;
  /** Dead letters that this answers. */
  letterIds: readonly string[];
  operationId: string | null;
  events: readonly { type: string; data: Readonly<Record<string, unknown>> }[];
  actor: Actor;
  audit: readonly AuditRecord[];
}

export interface TaskRestartStore {
  /** Task and state of a dead letter; undefined for an unknown id and for another tenant's. */
  findLetter(
    letterId: string,
    tenantId: string | null,
  ): Promise<{ taskId: string | null; state: DeadLetterState } | undefined>;
  /**
   * Locks a task, lets `decide` say how its next generation begins and writes that, in one transaction. `decide` is pure
   * and may run again after a deadlock. Undefined when there is no such task, or not of this tenant.
   */
  restart<Decision extends { outcome: string; restart?: Restart }>(
    taskId: string,
    tenantId: string | null,
    options: { withInput: boolean },
    decide: (snapshot: RestartSnapshot) => Decision,
  ): Promise<Decision | undefined>;
}

const FIND_LETTER: Statement = {
  name: 'restart.find_letter',
  text: `SELECT task_id AS "taskId", state FROM dead_letter WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2)`,
};
const LOCK: Statement = {
  name: 'restart.lock',
  text: `SELECT id, tenant_id AS "tenantId", type, pipeline_version AS "pipelineVersion", status, generation, limitations,
           content_deleted_at IS NOT NULL AS "contentDeleted", CASE WHEN $3 THEN input END AS input
         FROM task WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2) FOR UPDATE`,
};
const STEPS: Statement = {
  name: 'restart.steps',
  text: `SELECT id, key, status, deps, next, params, spawned_by AS "spawnedBy", degraded
         FROM steps_of_task($1) ORDER BY key`,
};
const RESTORE: Statement = { name: 'restart.restore', text: `SELECT restore_task($1)` };
const LETTERS: Statement = {
  name: 'restart.letters',
  text: `SELECT id, step_id AS "stepId", state, operation_id AS "operationId" FROM dead_letter WHERE task_id = $1
         ORDER BY id FOR UPDATE`,
};
// What never completed stays a suspect: run again, it must not end workers again.
// In line as if submitted now: what waits already is not passed by what comes back, however old its task is.
const RESET: Statement = {
  name: 'restart.reset',
  text: `UPDATE step s SET status = c.status, deps = c.deps, next = c.next, deps_left = c."depsLeft", failures = 0, rejections = 0,
           losses = CASE WHEN s.status = 'completed' THEN 0 ELSE s.losses END, suspect_deaths = 0,
           refused_by = NULL, refused_since = NULL,
           session_id = NULL, available_at = now(), order_key = step_order_key(now(), t.priority, cardinality(c.deps) > 0),
           queued_at = CASE WHEN c.status = 'ready' THEN now() END, first_started_at = NULL, started_at = NULL,
           finished_at = NULL, error = NULL, degraded = false, params = coalesce(c.params, s.params), tier = coalesce(c.tier, s.tier),
           journal_generation = CASE WHEN c."resetCalls" THEN $2 ELSE s.journal_generation END
         FROM jsonb_to_recordset($1::jsonb) AS c(id uuid, status text, deps text[], next text[], "depsLeft" int, params jsonb,
           tier text, "resetCalls" boolean), task t
         WHERE s.id = c.id AND t.id = s.task_id`,
};
const RELINK: Statement = {
  name: 'restart.relink',
  text: `UPDATE step s SET deps = c.deps, next = c.next
         FROM jsonb_to_recordset($1::jsonb) AS c(id uuid, deps text[], next text[]) WHERE s.id = c.id`,
};
const REMOVE: Statement = { name: 'restart.remove', text: `DELETE FROM step WHERE id = ANY ($1::uuid[])` };
const UPDATE_TASK: Statement = {
  name: 'restart.task',
  text: `UPDATE task SET generation = generation + 1, status = 'queued', started_at = NULL, finished_at = NULL, error = NULL,
           deadline_at = now() + timeout_ms * interval '1 ms', steps_total = $2, steps_left = $3, steps_bad = $4,
           limitations = $5::jsonb, degraded = $6, event_seq = event_seq + $7,
           awaiting_gate = NULL, awaiting_since = NULL, awaiting_left_ms = NULL
         WHERE id = $1 RETURNING event_seq, generation`,
};
const EVENTS: Statement = {
  name: 'restart.events',
  text: `INSERT INTO task_event (task_id, seq, generation, type, data)
         SELECT $1, $2 + e.seq, $3, e.type, e.data FROM jsonb_to_recordset($4::jsonb) AS e(seq int, type text, data jsonb)`,
};
const END_LETTERS: Statement = {
  name: 'restart.end_letters',
  text: `UPDATE dead_letter SET state = 'redriven', ended_at = now(), ended_by = $2, redriven_as = $3, operation_id = $4
         WHERE id = ANY ($1::uuid[]) AND state = 'open'`,
};

export function createTaskRestartStore(database: Database): TaskRestartStore {
  return {
    async findLetter(letterId, tenantId) {
      const [row] = await database.run<{ taskId: string | null; state: DeadLetterState }>(FIND_LETTER, [
        letterId,
        tenantId,
      ]);
      return row;
    },
    restart: (taskId, tenantId, { withInput }, decide) =>
      database.transaction(async (query) => {
        const [task] = await query<RestartSnapshot['task'] & Record<string, unknown>>(LOCK, [
          taskId,
          tenantId,
          withInput,
        ]);
        if (!task) return undefined;
        const steps = await query<RestartStep & Record<string, unknown>>(STEPS, [taskId]);
        const letters = await query<RestartLetter & Record<string, unknown>>(LETTERS, [taskId]);
        const decision = decide({ task, steps, letters });
        if (decision.restart) await write(query, taskId, task.generation + 1, decision.restart);
        return decision;
      }),
  };
}

async function write(query: TransactionQuery, taskId: string, generation: number, restart: Restart): Promise<void> {
  await query(RESTORE, [taskId]);
  await query(RESET, [toJsonb(restart.reset), generation]);
  if (restart.relinked.length > 0) await query(RELINK, [toJsonb(restart.relinked)]);
  if (restart.removed.length > 0) await query(REMOVE, [restart.removed]);
  const [after] = await query<{ event_seq: number; generation: number }>(UPDATE_TASK, [
    taskId,
    restart.stepsTotal,
    restart.reset.length,
    restart.stepsBad,
    toJsonb(restart.limitations),
    restart.degraded,
    restart.events.length,
  ]);
  if (after?.generation !== generation) throw new Error('the locked task row has moved on');
  const events = restart.events.map((event, index) => ({ seq: index + 1, ...event }));
  await query(EVENTS, [taskId, after.event_seq - events.length, generation, toJsonb(events)]);
  if (restart.letterIds.length > 0) {
    await query(END_LETTERS, [restart.letterIds, restart.actor.keyId, generation, restart.operationId]);
  }
  await insertAudit(query, restart.audit);
}
