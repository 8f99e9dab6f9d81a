import type { DeadLetterState, Limitation, StepStatus, TaskStatus, Tier } from '@pressroom/contracts';

import type { BatchResult, CountedBatch } from '../operations/operation-position.ts';
import type { BatchClaim } from '../operations/task-operation-store.sql.ts';
import { insertAudit, type Actor, type AuditRecord } from '../audit/audit-store.sql.ts';
import type { Database, Statement, TransactionQuery } from '../connection/database.ts';
import { toJsonb } from '../connection/to-jsonb.ts';
import { KEEP_RESULTS } from './earlier-results.sql.ts';

export interface RestartStep {
  id: string;
  key: string;
  status: StepStatus;
  deps: string[];
  next: string[];
  params: Record<string, unknown>;
  /** Key of the step whose completion added it; null when it was planned at submission. */
  spawnedBy: string | null;
  degraded: boolean;
}

export interface RestartDeadLetter {
  id: string;
  stepId: string | null;
  state: DeadLetterState;
  operationId: string | null;
}

/** State of a locked task that the start of its next generation needs. */
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
    /** Null when the task has no budget. */
    budgetNanoUsd: bigint | null;
    /** Null unless requested, since it may be megabytes. */
    input: Record<string, unknown> | null;
  };
  steps: RestartStep[];
  deadLetters: RestartDeadLetter[];
}

export interface StepReset {
  id: string;
  status: 'ready' | 'pending';
  deps: readonly string[];
  next: readonly string[];
  depsLeft: number;
  /** Undefined keeps them. */
  params?: Readonly<Record<string, unknown>>;
  tier?: Tier;
  /** Ignore journalled replies. */
  resetCalls: boolean;
}

/** The next generation of a task. */
export interface Restart {
  reset: readonly StepReset[];
  /** Unchanged steps whose dependencies or successors changed. */
  relinked: readonly { id: string; deps: readonly string[]; next: readonly string[] }[];
  /** Ids of steps removed from the plan. */
  removed: readonly string[];
  stepsTotal: number;
  stepsBad: number;
  limitations: readonly Limitation[];
  degraded: boolean;
  /** Dead letters that the restart closes. */
  deadLetterIds: readonly string[];
  operationId: string | null;
  /** The task's new budget in nano-dollars; null keeps it. */
  budgetNano: string | null;
  events: readonly { type: string; data: Readonly<Record<string, unknown>> }[];
  actor: Actor;
  audit: readonly AuditRecord[];
}

export interface TaskRestartStore {
  /** Task and state of a dead letter; undefined for an unknown id or another tenant's. */
  findDeadLetter(
    deadLetterId: string,
    tenantId: string | null,
  ): Promise<{ taskId: string | null; state: DeadLetterState } | undefined>;
  /**
   * Locks a task, calls `decide` and stores its decision, in one transaction. `decide` must be pure: it may run again after a
   * deadlock. Undefined for an unknown task or another tenant's.
   */
  restart<Decision extends { outcome: string; restart?: Restart }>(
    taskId: string,
    tenantId: string | null,
    options: { withInput: boolean },
    decide: (snapshot: RestartSnapshot) => Decision,
  ): Promise<Decision | undefined>;
  /**
   * The same for many tasks in one transaction, which also counts them for their operation. Calls `decide` for each existing
   * task that is not locked. Undefined, without a change, when the batch claim fails.
   */
  restartMany<Decision extends { outcome: string; restart?: Restart }>(
    taskIds: readonly string[],
    tenantId: string | null,
    batch: BatchClaim,
    decide: (snapshot: RestartSnapshot) => Decision,
    resultOf: (decisions: readonly Decision[]) => Omit<BatchResult, 'locked'>,
  ): Promise<CountedBatch | undefined>;
}

const FIND_DEAD_LETTER: Statement = {
  name: 'restart.find_letter',
  text: `SELECT task_id AS "taskId", state FROM dead_letter WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2)`,
};
const SELECT_AND_LOCK = `SELECT id, tenant_id AS "tenantId", type, pipeline_version AS "pipelineVersion", status, generation, limitations,
           content_deleted_at IS NOT NULL AS "contentDeleted", budget_nano::text AS "budgetNano", CASE WHEN $3 THEN input END AS input
         FROM task WHERE id = ANY ($1::uuid[]) AND ($2::uuid IS NULL OR tenant_id = $2) ORDER BY id FOR UPDATE`;
const LOCK: Statement = { name: 'restart.lock', text: SELECT_AND_LOCK };
const LOCK_FREE: Statement = { name: 'restart.lock_free', text: `${SELECT_AND_LOCK} SKIP LOCKED` };
const EXISTING: Statement = {
  name: 'restart.existing',
  text: `SELECT id FROM task WHERE id = ANY ($1::uuid[]) AND ($2::uuid IS NULL OR tenant_id = $2)`,
};
const STEPS: Statement = {
  name: 'restart.steps',
  text: `SELECT s.task_id AS "taskId", s.id, s.key, s.status, s.deps, s.next, s.params, s.spawned_by AS "spawnedBy", s.degraded
         FROM (SELECT x.* FROM step x WHERE x.task_id = ANY ($1::uuid[])
               UNION ALL
               SELECT x.* FROM task_archive a CROSS JOIN LATERAL archived_steps(a.task_id) x WHERE a.task_id = ANY ($1::uuid[])) s
         ORDER BY s.task_id, s.key`,
};
const RESTORE: Statement = {
  name: 'restart.restore',
  text: `SELECT restore_task(a.task_id) FROM task_archive a WHERE a.task_id = ANY ($1::uuid[])`,
};
const DEAD_LETTERS: Statement = {
  name: 'restart.dead_letters',
  text: `SELECT task_id AS "taskId", id, step_id AS "stepId", state, operation_id AS "operationId" FROM dead_letter
         WHERE task_id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE`,
};
// Incomplete steps keep their losses, so that a suspect still runs in a child process.
// Ordered as if submitted now, so that restarted tasks do not overtake waiting ones.
const RESET: Statement = {
  name: 'restart.reset',
  text: `UPDATE step s SET status = c.status, deps = c.deps, next = c.next, deps_left = c."depsLeft", failures = 0, rejections = 0,
           losses = CASE WHEN s.status = 'completed' THEN 0 ELSE s.losses END, suspect_deaths = 0,
           refused_by = NULL, refused_since = NULL,
           session_id = NULL, available_at = pressroom_now(), order_key = step_order_key(pressroom_now(), t.priority, cardinality(c.deps) > 0),
           queued_at = CASE WHEN c.status = 'ready' THEN pressroom_now() END, first_started_at = NULL, started_at = NULL,
           finished_at = NULL, error = NULL, degraded = false, params = coalesce(c.params, s.params), tier = coalesce(c.tier, s.tier),
           journal_generation = CASE WHEN c."resetCalls" THEN t.generation + 1 ELSE s.journal_generation END
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
const UPDATE_TASKS: Statement = {
  name: 'restart.tasks',
  text: `UPDATE task t SET generation = t.generation + 1, status = 'queued', started_at = NULL, finished_at = NULL, error = NULL,
           deadline_at = pressroom_now() + t.timeout_ms * interval '1 ms', steps_total = c."stepsTotal", steps_left = c."stepsLeft",
           steps_bad = c."stepsBad", limitations = c.limitations, degraded = c.degraded, budget_nano = coalesce(c."budgetNano", t.budget_nano),
           event_seq = t.event_seq + jsonb_array_length(c.events),
           awaiting_gate = NULL, awaiting_since = NULL, awaiting_left_ms = NULL
         FROM jsonb_to_recordset($1::jsonb) AS c("taskId" uuid, "stepsTotal" int, "stepsLeft" int, "stepsBad" int,
           limitations jsonb, degraded boolean, "budgetNano" bigint, events jsonb)
         WHERE t.id = c."taskId"`,
};
// After the restore, which restores the budget counter of an archived task.
const RAISE_BUDGETS: Statement = {
  name: 'restart.raise_budgets',
  text: `UPDATE budget_counter b SET limit_nano = c."budgetNano"
         FROM jsonb_to_recordset($1::jsonb) AS c("taskId" uuid, "budgetNano" bigint)
         WHERE b.key = 'task:' || c."taskId" AND c."budgetNano" > b.limit_nano`,
};
const EVENTS: Statement = {
  name: 'restart.events',
  text: `INSERT INTO task_event (task_id, seq, generation, type, data)
         SELECT t.id, t.event_seq - jsonb_array_length(c.events) + e.place, t.generation, e.event ->> 'type', e.event -> 'data'
         FROM jsonb_to_recordset($1::jsonb) AS c("taskId" uuid, events jsonb) JOIN task t ON t.id = c."taskId"
         CROSS JOIN LATERAL jsonb_array_elements(c.events) WITH ORDINALITY AS e(event, place)`,
};
const END_DEAD_LETTERS: Statement = {
  name: 'restart.end_letters',
  text: `UPDATE dead_letter d SET state = 'redriven', ended_at = pressroom_now(), ended_by = c."endedBy", redriven_as = t.generation,
           operation_id = c."operationId"
         FROM jsonb_to_recordset($1::jsonb) AS c(id uuid, "endedBy" text, "operationId" uuid), task t
         WHERE d.id = c.id AND d.state = 'open' AND t.id = d.task_id`,
};

export function createTaskRestartStore(database: Database): TaskRestartStore {
  return {
    async findDeadLetter(deadLetterId, tenantId) {
      const [row] = await database.run<{ taskId: string | null; state: DeadLetterState }>(FIND_DEAD_LETTER, [
        deadLetterId,
        tenantId,
      ]);
      return row;
    },
    restart: (taskId, tenantId, { withInput }, decide) =>
      database.transaction(async (query) => {
        const [snapshot] = await lock(query, LOCK, [taskId], tenantId, withInput);
        if (!snapshot) return undefined;
        const decision = decide(snapshot);
        if (decision.restart) await write(query, [{ taskId, restart: decision.restart }]);
        return decision;
      }),
    restartMany: (taskIds, tenantId, batch, decide, resultOf) =>
      database.transaction(async (query) => {
        if (!(await batch.take(query))) return undefined;
        const snapshots = await lock(query, LOCK_FREE, taskIds, tenantId, false);
        const decisions = snapshots.map((snapshot) => decide(snapshot));
        const restarts = decisions.flatMap(({ restart }, index) => {
          const taskId = snapshots[index]?.task.id;
          return restart && taskId !== undefined ? [{ taskId, restart }] : [];
        });
        await write(query, restarts);
        const locked = await findLocked(query, taskIds, tenantId, snapshots);
        return batch.count(query, { ...resultOf(decisions), locked });
      }),
  };
}

/** Locks tasks ordered by id, like all batches, and reads their state for the decision. */
async function lock(
  query: TransactionQuery,
  statement: Statement,
  taskIds: readonly string[],
  tenantId: string | null,
  withInput: boolean,
): Promise<RestartSnapshot[]> {
  const rows = await query<
    Omit<RestartSnapshot['task'], 'budgetNanoUsd'> & { budgetNano: string | null } & Record<string, unknown>
  >(statement, [taskIds, tenantId, withInput]);
  const tasks = rows.map(({ budgetNano, ...task }) => ({
    ...task,
    budgetNanoUsd: budgetNano === null ? null : BigInt(budgetNano),
  }));
  const found = tasks.map(({ id }) => id);
  if (found.length === 0) return [];
  const steps = Map.groupBy(
    await query<RestartStep & { taskId: string } & Record<string, unknown>>(STEPS, [found]),
    (step) => step.taskId,
  );
  const deadLetters = Map.groupBy(
    await query<RestartDeadLetter & { taskId: string } & Record<string, unknown>>(DEAD_LETTERS, [found]),
    (deadLetter) => deadLetter.taskId,
  );
  return tasks.map((task) => ({ task, steps: steps.get(task.id) ?? [], deadLetters: deadLetters.get(task.id) ?? [] }));
}

/** Existing tasks that could not be locked because another transaction has locked them. */
async function findLocked(
  query: TransactionQuery,
  taskIds: readonly string[],
  tenantId: string | null,
  snapshots: readonly RestartSnapshot[],
): Promise<string[]> {
  if (snapshots.length === taskIds.length) return [];
  const ours = new Set(snapshots.map(({ task }) => task.id));
  const missing = taskIds.filter((id) => !ours.has(id));
  return (await query<{ id: string }>(EXISTING, [missing, tenantId])).map(({ id }) => id);
}

async function write(
  query: TransactionQuery,
  restarts: readonly { taskId: string; restart: Restart }[],
): Promise<void> {
  if (restarts.length === 0) return;
  const taskIds = restarts.map(({ taskId }) => taskId);
  await query(RESTORE, [taskIds]);
  await query(KEEP_RESULTS, [taskIds]);
  await query(RESET, [toJsonb(restarts.flatMap(({ restart }) => restart.reset))]);
  const relinked = restarts.flatMap(({ restart }) => restart.relinked);
  if (relinked.length > 0) await query(RELINK, [toJsonb(relinked)]);
  const removed = restarts.flatMap(({ restart }) => restart.removed);
  if (removed.length > 0) await query(REMOVE, [removed]);
  const changes = restarts.map(({ taskId, restart }) => ({
    taskId,
    stepsTotal: restart.stepsTotal,
    stepsLeft: restart.reset.length,
    stepsBad: restart.stepsBad,
    limitations: restart.limitations,
    degraded: restart.degraded,
    budgetNano: restart.budgetNano,
    events: restart.events,
  }));
  await query(UPDATE_TASKS, [toJsonb(changes)]);
  if (changes.some(({ budgetNano }) => budgetNano !== null)) await query(RAISE_BUDGETS, [toJsonb(changes)]);
  await query(EVENTS, [toJsonb(changes)]);
  const deadLetters = restarts.flatMap(({ restart }) =>
    restart.deadLetterIds.map((id) => ({ id, endedBy: restart.actor.keyId, operationId: restart.operationId })),
  );
  if (deadLetters.length > 0) await query(END_DEAD_LETTERS, [toJsonb(deadLetters)]);
  await insertAudit(
    query,
    restarts.flatMap(({ restart }) => restart.audit),
  );
}
