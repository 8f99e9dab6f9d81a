import { newId } from '@pressroom/runtime';
import type { Gate, Lane, Limitation, Quality, StepStatus, TaskStatus, Tier } from '@pressroom/contracts';
import { isTerminalStep } from '@pressroom/contracts';
import { insertAudit, type AuditRecord } from '../audit/audit-store.sql.ts';
import type { Database, Statement, TransactionQuery } from '../connection/database.ts';
import { toJsonb } from '../connection/to-jsonb.ts';
import { writeGateChange, type GateChange } from './gate-change.sql.ts';

export interface LockedTask {
  id: string;
  tenantId: string;
  type: string;
  pipelineVersion: number;
  lane: Lane;
  quality: Quality;
  status: TaskStatus;
  generation: number;
  input: unknown;
  limitations: Limitation[];
  /** Milliseconds until the deadline, by the database's clock; negative when past. */
  leftMs: number;
  /** The gate it waits at; `leftMs` is then the time left for the approval, since the task's deadline is suspended. */
  awaitingGate: Gate | null;
}

export interface LockedStep {
  id: string;
  key: string;
  agent: string;
  queue: string;
  tier: Tier;
  status: StepStatus;
  deps: string[];
  next: string[];
  depsLeft: number;
  attempt: number;
  failures: number;
  losses: number;
  /** Crashes of child processes that ran only this step. */
  suspectDeaths: number;
  /** Sessions whose build cannot run this step; null before the first refusal. */
  refusals: StepRefusals | null;
  maxFailures: number;
  backoffBaseMs: number;
  backoffCapMs: number;
  onExhausted: 'fail' | 'skip';
  sessionId: string | null;
  params: Record<string, unknown>;
  /** Milliseconds left of the step's total time-out; null before its first start. */
  totalLeftMs: number | null;
  /** The gate whose approval its output needs; a `waiting` step waits for it. */
  gate: Gate | null;
  /** Times its output was rejected in this generation. */
  rejections: number;
  /** Its last failure. */
  error: { code: string; message: string } | null;
  /** End in epoch milliseconds, by the database's clock; null while it is open. */
  endedAtMs: number | null;
}

export interface StepRefusals {
  by: string[];
  /** Milliseconds since the first refusal. */
  sinceMs: number;
  /** Live sessions that serve the step's queue and have not refused it. */
  others: string[];
}

export interface TaskSnapshot {
  task: LockedTask;
  steps: LockedStep[];
  /** Newest output of each completed step, and of each step that waits for an approval. */
  outputs: Record<string, unknown>;
  /** Version of each output. */
  versions: Record<string, number>;
}

export interface StepChange {
  id: string;
  status: StepStatus;
  depsLeft?: number;
  failures?: number;
  losses?: number;
  suspectDeaths?: number;
  /** The session whose build cannot run the step. If the step never ran, its total time-out has not started. */
  refusedBy?: string;
  /** Only for `ready`: delay until it may start. */
  delayMs?: number;
  error?: { code: string; message: string };
}

export interface TaskChange {
  steps: StepChange[];
  /** New status of the task; undefined keeps it. */
  status?: TaskStatus;
  error?: { code: string; message: string };
  limitations?: Limitation[];
  degraded?: boolean;
  costNano?: bigint;
  events: { type: string; data: Record<string, unknown> }[];
  attempts: {
    stepId: string;
    attempt: number;
    sessionId: string | null;
    outcome: 'failed' | 'cancelled' | 'handed_back';
    costNano: bigint;
    error?: { code: string; message: string };
  }[];
  deadLetters: {
    stepId: string;
    stepKey: string;
    agent: string;
    errorCode: string;
    errorClass: string | null;
    topFrame: string | null;
    message: string;
    fingerprint: string;
    /** Key of the step whose failure caused this one; both dead letters then share its fingerprint. */
    causeKey: string | null;
    attempts: number;
    payload: Record<string, unknown>;
  }[];
  /** Audit rows, written in the same transaction. */
  audit?: readonly AuditRecord[];
  /** A decision at a gate. */
  gate?: GateChange;
}

export interface TaskTransitionStore {
  /**
   * Locks a task, reads it with its steps and outputs, calls `decide` and stores the change, in one transaction. `decide` must be
   * pure: it may run again after a deadlock. Returns its change; `found` is false for an unknown task or another tenant's.
   */
  change<Change extends TaskChange>(
    taskId: string,
    tenantId: string | null,
    decide: (snapshot: TaskSnapshot) => Change | undefined,
  ): Promise<{ found: boolean; change: Change | undefined }>;
}

const LOCK: Statement = {
  name: 'task.lock',
  text: `SELECT id, tenant_id, type, pipeline_version, lane, quality, status, generation, input, limitations,
           awaiting_gate, floor(extract(epoch FROM deadline_at - pressroom_clock()) * 1000)::float8 AS left_ms
         FROM task WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2) FOR UPDATE`,
};
const STEPS: Statement = {
  name: 'task.lock_steps',
  text: `SELECT id, key, agent, queue, tier, status, deps, next, deps_left AS "depsLeft", attempt, failures, losses,
           suspect_deaths AS "suspectDeaths", max_failures AS "maxFailures", backoff_base_ms AS "backoffBaseMs", backoff_cap_ms AS "backoffCapMs",
           on_exhausted AS "onExhausted", session_id AS "sessionId", params, gate, rejections, error,
           (extract(epoch FROM finished_at) * 1000)::float8 AS "endedAtMs",
           floor(extract(epoch FROM first_started_at + total_timeout_ms * interval '1 ms' - pressroom_clock()) * 1000)::float8
             AS "totalLeftMs",
           CASE WHEN refused_by IS NOT NULL THEN json_build_object('by', refused_by,
             'sinceMs', floor(extract(epoch FROM pressroom_clock() - refused_since) * 1000),
             'others', ARRAY(SELECT w.id FROM worker_session w WHERE w.expires_at > now() AND step.queue = ANY (w.queues)
                             AND w.id <> ALL (refused_by))) END AS refusals
         FROM step WHERE task_id = $1 ORDER BY key`,
};
const OUTPUTS: Statement = {
  name: 'task.lock_outputs',
  // Only outputs of completed and waiting steps: those of rerun steps are obsolete.
  text: `SELECT DISTINCT ON (a.step_key) a.step_key, a.version, a.body
         FROM artifact a JOIN step s ON s.id = a.step_id AND s.status IN ('completed', 'waiting')
         WHERE a.task_id = $1 ORDER BY a.step_key, a.version DESC`,
};
const UPDATE_STEPS: Statement = {
  name: 'task.change_steps',
  text: `UPDATE step s SET status = c.status, deps_left = coalesce(c."depsLeft", s.deps_left),
           failures = coalesce(c.failures, s.failures), losses = coalesce(c.losses, s.losses),
           suspect_deaths = coalesce(c."suspectDeaths", s.suspect_deaths),
           refused_by = CASE WHEN c."refusedBy" IS NULL OR c."refusedBy" = ANY (s.refused_by) THEN s.refused_by
             ELSE array_append(s.refused_by, c."refusedBy") END,
           refused_since = CASE WHEN c."refusedBy" IS NULL THEN s.refused_since
             ELSE coalesce(s.refused_since, pressroom_now()) END,
           first_started_at = CASE WHEN c."refusedBy" IS NOT NULL AND s.first_started_at = s.started_at THEN NULL
             ELSE s.first_started_at END,
           available_at = pressroom_now() + coalesce(c."delayMs", 0) * interval '1 ms',
           queued_at = CASE WHEN c.status IN ('ready', 'queued') THEN pressroom_now() ELSE s.queued_at END,
           session_id = NULL,
           error = coalesce(c.error, s.error),
           finished_at = CASE WHEN c.status IN ('completed', 'skipped', 'dead', 'cancelled') THEN pressroom_now() END
         FROM jsonb_to_recordset($1::jsonb) AS c(id uuid, status text, "depsLeft" int, failures int, losses int, "suspectDeaths" int,
           "refusedBy" uuid, "delayMs" bigint, error jsonb)
         WHERE s.id = c.id`,
};
const UPDATE_TASK: Statement = {
  name: 'task.change',
  text: `UPDATE task SET status = coalesce($2, status), error = coalesce($3::jsonb, error),
           limitations = limitations || $4::jsonb, degraded = degraded OR $5, spent_nano = spent_nano + $6,
           steps_left = $7, steps_bad = $8, event_seq = event_seq + $9,
           finished_at = CASE WHEN $10 THEN pressroom_now() ELSE finished_at END, steps_total = steps_total + $11,
           deadline_at = CASE WHEN $12 = '' AND awaiting_gate IS NOT NULL THEN pressroom_now() + awaiting_left_ms * interval '1 ms'
             ELSE deadline_at END,
           awaiting_since = CASE WHEN $12 = '' THEN NULL ELSE awaiting_since END,
           awaiting_left_ms = CASE WHEN $12 = '' THEN NULL ELSE awaiting_left_ms END,
           awaiting_gate = CASE WHEN $12::text IS NULL THEN awaiting_gate ELSE nullif($12, '') END
         WHERE id = $1 RETURNING event_seq, generation`,
};
const EVENTS: Statement = {
  name: 'task.change_events',
  text: `INSERT INTO task_event (task_id, seq, generation, type, data)
         SELECT $1, $2 + e.seq, $3, e.type, e.data FROM jsonb_to_recordset($4::jsonb) AS e(seq int, type text, data jsonb)`,
};
const ATTEMPTS: Statement = {
  name: 'task.change_attempts',
  text: `INSERT INTO attempt (step_id, attempt, task_id, generation, session_id, outcome, started_at, finished_at, cost_nano, error)
         SELECT a."stepId", a.attempt, $1, $2, a."sessionId", a.outcome, s.started_at, pressroom_now(), a."costNano", a.error
         FROM jsonb_to_recordset($3::jsonb) AS a("stepId" uuid, attempt int, "sessionId" uuid, outcome text, "costNano" bigint, error jsonb)
         JOIN step s ON s.id = a."stepId" ON CONFLICT DO NOTHING`,
};
const DEAD_LETTERS: Statement = {
  name: 'task.change_dead_letters',
  text: `INSERT INTO dead_letter (id, task_id, step_id, step_key, agent, tenant_id, task_type, generation, error_code,
           error_class, top_frame, message, fingerprint, attempts, payload, cost_nano, previous_id, created_at)
         SELECT d.id, $1, d."stepId", d."stepKey", d.agent, $2, $3, $4, d."errorCode", d."errorClass", d."topFrame", d.message,
           coalesce((SELECT c.fingerprint FROM dead_letter c WHERE c.task_id = $1 AND c.step_key = d."causeKey"
                     ORDER BY c.created_at DESC, c.id DESC LIMIT 1), d.fingerprint), d.attempts, d.payload,
           coalesce((SELECT sum(l.cost_nano) FROM ledger_entry l WHERE l.task_id = $1 AND l.step_id = d."stepId"), 0),
           (SELECT p.id FROM dead_letter p WHERE p.task_id = $1 AND p.step_key = d."stepKey"
            ORDER BY p.created_at DESC, p.id DESC LIMIT 1), pressroom_now()
         FROM jsonb_to_recordset($5::jsonb) AS d(id uuid, "stepId" uuid, "stepKey" text, agent text, "errorCode" text,
           "errorClass" text, "topFrame" text, message text, fingerprint text,
           "causeKey" text, attempts int, payload jsonb)`,
};

interface TaskRow {
  id: string;
  tenant_id: string;
  type: string;
  pipeline_version: number;
  lane: Lane;
  quality: Quality;
  status: TaskStatus;
  generation: number;
  input: unknown;
  limitations: Limitation[];
  left_ms: number;
  awaiting_gate: Gate | null;
}

export function createTaskTransitionStore(database: Database): TaskTransitionStore {
  return {
    change: (taskId, tenantId, decide) =>
      database.transaction(async (query) => {
        const [row] = await query<TaskRow>(LOCK, [taskId, tenantId]);
        if (!row) return { found: false, change: undefined };
        const steps = await query<LockedStep>(STEPS, [taskId]);
        const bodies = await query<{ step_key: string; version: number; body: unknown }>(OUTPUTS, [taskId]);
        const change = decide({
          task: toLockedTask(row),
          steps,
          outputs: Object.fromEntries(bodies.map((entry) => [entry.step_key, entry.body])),
          versions: Object.fromEntries(bodies.map((entry) => [entry.step_key, entry.version])),
        });
        if (change) await write(query, row, steps, change);
        return { found: true, change };
      }),
  };
}

async function write(
  query: TransactionQuery,
  task: TaskRow,
  steps: readonly LockedStep[],
  change: TaskChange,
): Promise<void> {
  if (change.attempts.length > 0) {
    await query(ATTEMPTS, [task.id, task.generation, toJsonb(change.attempts)]);
  }
  if (change.steps.length > 0) await query(UPDATE_STEPS, [toJsonb(change.steps)]);
  if (change.gate) await writeGateChange(query, task.generation, change.gate);
  const added = change.gate?.spawn.length ?? 0;
  const statusAfter = new Map<string, StepStatus>(steps.map((step) => [step.id, step.status]));
  for (const step of change.steps) statusAfter.set(step.id, step.status);
  const statuses = [...statusAfter.values()];
  const ends = change.status !== undefined && ['completed', 'partial', 'failed', 'cancelled'].includes(change.status);
  const [after] = await query<{ event_seq: number; generation: number }>(UPDATE_TASK, [
    task.id,
    change.status ?? null,
    change.error ? toJsonb(change.error) : null,
    toJsonb(change.limitations ?? []),
    change.degraded ?? false,
    (change.costNano ?? 0n).toString(),
    statuses.filter((status) => !isTerminalStep(status)).length + added,
    statuses.filter((status) => status === 'skipped' || status === 'dead' || status === 'cancelled').length,
    change.events.length,
    ends,
    added,
    // Null keeps the gate that the task waits at; the empty string ends the wait.
    ends ? '' : ((change.gate && (change.gate.stillAwaiting ?? '')) ?? null),
  ]);
  if (!after) throw new Error('the row of the locked task is missing');
  if (change.events.length > 0) {
    const events = change.events.map((event, index) => ({ seq: index + 1, ...event }));
    await query(EVENTS, [task.id, after.event_seq - events.length, after.generation, toJsonb(events)]);
  }
  if (change.deadLetters.length > 0) {
    const deadLetters = change.deadLetters.map((deadLetter) => ({ id: newId(), ...deadLetter }));
    await query(DEAD_LETTERS, [task.id, task.tenant_id, task.type, task.generation, toJsonb(deadLetters)]);
  }
  if (change.audit) await insertAudit(query, change.audit);
}

function toLockedTask(row: TaskRow): LockedTask {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    type: row.type,
    pipelineVersion: row.pipeline_version,
    lane: row.lane,
    quality: row.quality,
    status: row.status,
    generation: row.generation,
    input: row.input,
    limitations: row.limitations,
    leftMs: row.left_ms,
    awaitingGate: row.awaiting_gate,
  };
}
