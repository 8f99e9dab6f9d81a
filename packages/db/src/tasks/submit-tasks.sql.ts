import type { Gate, Lane, Quality, Tier } from '@pressroom/contracts';
import type { Database, Statement } from '../connection/database.ts';
import { toJsonb } from '../connection/to-jsonb.ts';

/** A step as it enters the plan. `next` is the inverse of `deps`; `depsLeft` counts those not yet complete. */
export interface NewStep {
  id: string;
  key: string;
  agent: string;
  queue: string;
  tier: Tier;
  deps: readonly string[];
  next: readonly string[];
  depsLeft: number;
  params: Readonly<Record<string, unknown>>;
  attemptTimeoutMs: number;
  totalTimeoutMs: number;
  maxFailures: number;
  backoffBaseMs: number;
  backoffCapMs: number;
  onExhausted: string;
  /** Gate of the step: its output then waits for an approval instead of completing the step. */
  gate: Gate | null;
  /** Longest wait for a worker; null applies the lane's. */
  queueTimeoutMs: number | null;
}

export interface NewTask {
  id: string;
  tenantId: string;
  type: string;
  /** Title for lists, taken from the input; null when the input has none. */
  title: string | null;
  pipelineVersion: number;
  lane: Lane;
  priority: number;
  quality: Quality;
  budgetNano: string | null;
  input: unknown;
  approvals: readonly string[];
  callbackUrl: string | null;
  metadata: Readonly<Record<string, string>>;
  tags: readonly string[];
  idempotencyKey: string | null;
  requestHash: string | null;
  timeoutMs: number;
  /** Longest wait for an approval. */
  approvalTimeoutMs: number;
  /** Earliest start of its first steps; null is now. */
  runAt: string | null;
  /** Inserts first steps as `queued`; those of a tenant or task type with a cap become `ready`, since only dispatch counts caps. */
  enqueueImmediately: boolean;
  steps: readonly NewStep[];
}

const SUBMIT: Statement = {
  name: 'tasks.submit',
  text: `
    WITH submitted_tasks AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset($1::jsonb) AS x(id uuid, "tenantId" uuid, type text, title text, "pipelineVersion" int, lane text,
        priority int, quality text, "budgetNano" bigint, input jsonb, approvals text[], "callbackUrl" text, metadata jsonb,
        tags text[], "idempotencyKey" text, "requestHash" text, "timeoutMs" bigint, "approvalTimeoutMs" bigint, "runAt" timestamptz, "enqueueImmediately" boolean, steps jsonb)
    ), inserted_tasks AS (
      INSERT INTO task (id, tenant_id, type, pipeline_version, lane, priority, quality, status, event_seq, steps_total,
        steps_left, budget_nano, input, approvals, callback_url, metadata, tags, idempotency_key, request_hash, timeout_ms,
        created_at, deadline_at, approval_timeout_ms, title, run_at)
      SELECT id, "tenantId", type, "pipelineVersion", lane, priority, quality, 'queued', 1, jsonb_array_length(steps),
        jsonb_array_length(steps), "budgetNano", input, approvals, "callbackUrl", metadata, tags, "idempotencyKey",
        "requestHash", "timeoutMs", pressroom_now(), greatest(pressroom_now(), coalesce("runAt", pressroom_now())) + "timeoutMs" * interval '1 ms',
        "approvalTimeoutMs", title, "runAt"
      FROM submitted_tasks ORDER BY "tenantId", "idempotencyKey"
      ON CONFLICT (tenant_id, idempotency_key) DO NOTHING
      RETURNING id, created_at, priority, tenant_id, type
    ), immediate_tasks AS (
      SELECT m.id FROM inserted_tasks m JOIN submitted_tasks i ON i.id = m.id LEFT JOIN tenant n ON n.id = m.tenant_id
      WHERE i."enqueueImmediately" AND i."runAt" IS NULL AND n.max_concurrency IS NULL
        AND NOT EXISTS (SELECT 1 FROM task_type_cap c WHERE c.task_type = m.type)
    ), inserted_steps AS (
      INSERT INTO step (id, task_id, key, agent, queue, tenant_id, task_type, tier, status, deps, next, deps_left,
        available_at, order_key, params, attempt_timeout_ms, total_timeout_ms, max_failures, backoff_base_ms, backoff_cap_ms,
        on_exhausted, queued_at, gate, queue_timeout_ms)
      SELECT s.id, m.id, s.key, s.agent, s.queue, m.tenant_id, m.type, s.tier,
        CASE WHEN s."depsLeft" > 0 THEN 'pending' WHEN m.id IN (SELECT id FROM immediate_tasks) THEN 'queued' ELSE 'ready' END,
        s.deps, s.next, s."depsLeft", coalesce(i."runAt", pressroom_now()),
        step_order_key(greatest(m.created_at, i."runAt"), m.priority, cardinality(s.deps) > 0), s.params, s."attemptTimeoutMs", s."totalTimeoutMs",
        s."maxFailures", s."backoffBaseMs", s."backoffCapMs", s."onExhausted",
        CASE WHEN s."depsLeft" = 0 THEN pressroom_now() END, s.gate, s."queueTimeoutMs"
      FROM inserted_tasks m JOIN submitted_tasks i ON i.id = m.id
      CROSS JOIN LATERAL jsonb_to_recordset(i.steps) AS s(id uuid, key text, agent text, queue text, tier text, deps text[],
        next text[], "depsLeft" int, params jsonb, "attemptTimeoutMs" int, "totalTimeoutMs" int, "maxFailures" int,
        "backoffBaseMs" int, "backoffCapMs" int, "onExhausted" text, gate text, "queueTimeoutMs" int)
    ), inserted_budgets AS (
      INSERT INTO budget_counter (key, limit_nano)
      SELECT 'task:' || m.id, i."budgetNano" FROM inserted_tasks m JOIN submitted_tasks i ON i.id = m.id WHERE i."budgetNano" IS NOT NULL
    ), inserted_events AS (
      INSERT INTO task_event (task_id, seq, generation, type) SELECT id, 1, 1, 'task.queued' FROM inserted_tasks
    )
    SELECT id, created_at, id IN (SELECT id FROM immediate_tasks) AS "enqueueImmediately" FROM inserted_tasks`,
};

const SELECT_BY_KEY = `SELECT id, status, generation, created_at, request_hash FROM task WHERE tenant_id = $1 AND idempotency_key = $2`;
const FIND_BY_KEY: Statement = { name: 'tasks.find_by_idempotency_key', text: SELECT_BY_KEY };
const FIND_BY_FORMER_KEY: Statement = {
  name: 'tasks.find_by_former_key',
  text: `${SELECT_BY_KEY} AND created_at < (SELECT min(m.finished_at) FROM _prisma_migrations m
           WHERE m.migration_name = '20261121000970_idempotency_key_forms' AND m.rolled_back_at IS NULL)`,
};

export interface SubmittedTask {
  id: string;
  createdAt: Date;
  /** Were its first steps inserted as `queued`? The caller then adds their jobs. */
  enqueueImmediately: boolean;
}

export interface TaskByKey {
  id: string;
  status: string;
  generation: number;
  createdAt: Date;
  requestHash: string | null;
}

export interface SubmitStore {
  /**
   * Commits tasks with their planned steps in one statement. A task whose tenant and idempotency key exist already is not
   * inserted and not returned.
   */
  submit(tasks: readonly NewTask[]): Promise<SubmittedTask[]>;
  findByIdempotencyKey(tenantId: string, key: string): Promise<TaskByKey | undefined>;
  /** The same for tasks that an earlier release stored. */
  findByFormerKey(tenantId: string, key: string): Promise<TaskByKey | undefined>;
}

export function createSubmitStore(database: Database): SubmitStore {
  const find = async (statement: Statement, tenantId: string, key: string): Promise<TaskByKey | undefined> => {
    const [row] = await database.run<{
      id: string;
      status: string;
      generation: number;
      created_at: Date;
      request_hash: string | null;
    }>(statement, [tenantId, key]);
    if (!row) return undefined;
    const { id, status, generation, created_at: createdAt, request_hash: requestHash } = row;
    return { id, status, generation, createdAt, requestHash };
  };
  return {
    async submit(tasks) {
      const rows = await database.run<{ id: string; created_at: Date; enqueueImmediately: boolean }>(SUBMIT, [
        toJsonb(tasks),
      ]);
      return rows.map((row) => ({ id: row.id, createdAt: row.created_at, enqueueImmediately: row.enqueueImmediately }));
    },
    findByIdempotencyKey: (tenantId, key) => find(FIND_BY_KEY, tenantId, key),
    findByFormerKey: (tenantId, key) => find(FIND_BY_FORMER_KEY, tenantId, key),
  };
}
