import type { Gate } from '@pressroom/contracts';
import { newId } from '@pressroom/runtime';
import type { Statement, TransactionQuery } from '../connection/database.ts';
import { toJsonb } from '../connection/to-jsonb.ts';
import type { NewStep } from './submit-tasks.sql.ts';

/** Effects of a decision at a gate, in addition to those of a task change. */
export interface GateChange {
  /** The step that waited for the decision. */
  stepId: string;
  /** Another gate that waits for a decision; null restarts the task's deadline. */
  stillAwaiting: Gate | null;
  /** New version of the step's output, edited by a person. */
  edit?: { version: number; author: string; body: Record<string, unknown> };
  /** Steps that its completion adds; they inherit its position in the order. */
  spawn: readonly NewStep[];
  /** New dependencies of existing steps; their `StepChange` has the number of open ones. */
  joins: readonly { stepId: string; deps: readonly string[] }[];
  /** Reruns the step with these parameters; its time-outs start over. */
  redo?: { params: Readonly<Record<string, unknown>>; rejections: number };
}

const EDIT: Statement = {
  name: 'gate.edit',
  text: `INSERT INTO artifact (id, task_id, step_id, step_key, generation, attempt, version, author, body)
         SELECT $1, s.task_id, s.id, s.key, $3, s.attempt, $4, $5, $6::jsonb FROM step s WHERE s.id = $2`,
};
const SPAWN: Statement = {
  name: 'gate.spawn',
  text: `INSERT INTO step (id, task_id, key, agent, queue, tenant_id, task_type, tier, status, deps, next, deps_left,
           journal_generation, available_at, order_key, params, attempt_timeout_ms, total_timeout_ms, max_failures,
           backoff_base_ms, backoff_cap_ms, on_exhausted, queued_at, spawned_by, gate, queue_timeout_ms)
         SELECT n.id, g.task_id, n.key, n.agent, n.queue, g.tenant_id, g.task_type, n.tier,
           CASE WHEN n."depsLeft" = 0 THEN 'ready' ELSE 'pending' END, n.deps, n.next, n."depsLeft", g.journal_generation, pressroom_now(),
           g.order_key - CASE WHEN g.deps = '{}' THEN 10000000000000 ELSE 0 END, n.params, n."attemptTimeoutMs",
           n."totalTimeoutMs", n."maxFailures", n."backoffBaseMs", n."backoffCapMs", n."onExhausted",
           CASE WHEN n."depsLeft" = 0 THEN pressroom_now() END, g.key, n.gate, n."queueTimeoutMs"
         FROM step g CROSS JOIN jsonb_to_recordset($2::jsonb) AS n(id uuid, key text, agent text, queue text, tier text, deps text[],
           next text[], "depsLeft" int, params jsonb, "attemptTimeoutMs" int, "totalTimeoutMs" int, "maxFailures" int,
           "backoffBaseMs" int, "backoffCapMs" int, "onExhausted" text, gate text, "queueTimeoutMs" int)
         WHERE g.id = $1`,
};
const JOIN: Statement = {
  name: 'gate.join',
  text: `UPDATE step s SET deps = s.deps || j.deps
         FROM jsonb_to_recordset($1::jsonb) AS j("stepId" uuid, deps text[]) WHERE s.id = j."stepId"`,
};
const REDO: Statement = {
  name: 'gate.redo',
  text: `UPDATE step SET params = $2::jsonb, rejections = $3, failures = 0, losses = 0, suspect_deaths = 0, first_started_at = NULL, started_at = NULL,
           error = NULL, degraded = false
         WHERE id = $1`,
};

/** Stores a gate's decision in the transaction that has locked the task. */
export async function writeGateChange(query: TransactionQuery, generation: number, change: GateChange): Promise<void> {
  const { stepId, edit, redo } = change;
  if (edit) await query(EDIT, [newId(), stepId, generation, edit.version, edit.author, toJsonb(edit.body)]);
  if (change.spawn.length > 0) await query(SPAWN, [stepId, toJsonb(change.spawn)]);
  if (change.joins.length > 0) await query(JOIN, [toJsonb(change.joins)]);
  if (redo) await query(REDO, [stepId, toJsonb(redo.params), redo.rejections]);
}
