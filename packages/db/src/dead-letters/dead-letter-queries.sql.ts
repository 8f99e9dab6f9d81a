import {
  formatUsd,
  type DeadLetterAttempt,
  type DeadLetterGroup,
  type DeadLetterState,
  type DeadLetterView,
} from '@pressroom/contracts';

import type { Database, Statement } from '../connection/database.ts';
import { CursorError, cursorInstant, formatInstantCursor, parseInstantCursor } from '../paging/instant-cursor.ts';
import { deadLetterCondition, type DeadLetterSelection } from './dead-letter-filter.sql.ts';

export interface DeadLetterPageRequest {
  cursor: string | undefined;
  limit: number;
}

/** A dead letter with the step's payload; `taskInput` is null without a task, or when its content was deleted. */
export interface DeadLetterDetail {
  view: DeadLetterView;
  params: Record<string, unknown>;
  taskInput: unknown;
}

/** Reads dead letters for the API. */
export interface DeadLetterQueryStore {
  /** Newest first. Payloads have only the steps' parameters, since inputs may be megabytes. @throws {CursorError} */
  list(
    selection: DeadLetterSelection,
    page: DeadLetterPageRequest,
  ): Promise<{ items: DeadLetterView[]; nextCursor: string | null }>;
  /** Undefined for an unknown id and for another tenant's. */
  get(id: string, tenantId: string | null): Promise<DeadLetterDetail | undefined>;
  /** Grouped by cause, the most frequent first. @throws {CursorError} */
  groups(
    selection: DeadLetterSelection,
    page: DeadLetterPageRequest,
  ): Promise<{ items: DeadLetterGroup[]; nextCursor: string | null }>;
  count(selection: DeadLetterSelection): Promise<number>;
}

const COLUMNS = `d.id, d.task_id, d.step_id, d.step_key, d.agent, d.tenant_id, d.task_type, d.generation, d.error_code,
  d.error_class, d.top_frame, d.message, d.fingerprint, d.attempts, d.payload, d.cost_nano::text AS cost_nano, d.state, d.created_at,
  d.ended_at, d.ended_by, d.reason, d.redriven_as, d.previous_id, d.operation_id, ${cursorInstant('d.created_at')} AS cursor_at`;

const GET: Statement = {
  name: 'dead_letters.get',
  text: `SELECT ${COLUMNS}, t.input AS task_input FROM dead_letter d LEFT JOIN task t ON t.id = d.task_id
         WHERE d.id = $1 AND ($2::uuid IS NULL OR d.tenant_id = $2)`,
};
/** Attempts up to the last one of each dead letter, with their cost from the ledger. */
const ATTEMPTS: Statement = {
  name: 'dead_letters.attempts',
  text: `WITH dead_steps AS (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS x(step_id, task_id, attempts)),
         attempt_costs AS (SELECT step_id, attempt, sum(cost_nano)::text AS cost FROM ledger_entry
                  WHERE task_id IN (SELECT task_id FROM dead_steps) AND step_id IN (SELECT step_id FROM dead_steps) GROUP BY 1, 2)
         SELECT a.step_id, a.attempt, a.outcome, a.error, a.started_at, a.finished_at, coalesce(p.cost, '0') AS cost
         FROM (SELECT task_id, step_id, max(attempts) AS attempts FROM dead_steps GROUP BY 1, 2) d
         CROSS JOIN LATERAL (SELECT x.* FROM attempts_of_task(d.task_id) x
                             WHERE x.step_id = d.step_id AND x.attempt <= d.attempts) a
         LEFT JOIN attempt_costs p ON p.step_id = a.step_id AND p.attempt = a.attempt
         ORDER BY a.step_id, a.attempt`,
};

interface DeadLetterRow {
  id: string;
  task_id: string | null;
  step_id: string | null;
  step_key: string | null;
  agent: string;
  tenant_id: string | null;
  task_type: string | null;
  generation: number | null;
  error_code: string;
  error_class: string | null;
  top_frame: string | null;
  message: string;
  fingerprint: string;
  attempts: number;
  payload: Record<string, unknown>;
  cost_nano: string;
  state: DeadLetterState;
  created_at: Date;
  ended_at: Date | null;
  ended_by: string | null;
  reason: string | null;
  redriven_as: number | null;
  previous_id: string | null;
  operation_id: string | null;
  cursor_at: string;
}

interface AttemptRow {
  step_id: string;
  attempt: number;
  outcome: string;
  error: DeadLetterAttempt['error'];
  started_at: Date | null;
  finished_at: Date;
  cost: string;
}

interface GroupRow {
  fingerprint: string;
  error_code: string;
  sample: string;
  count: number;
  first_at: Date;
  last_at: Date;
  agents: string[];
  cost: string;
}

export function createDeadLetterQueryStore(database: Database): DeadLetterQueryStore {
  const attemptsOf = async (deadLetters: readonly DeadLetterRow[]): Promise<Map<string, AttemptRow[]>> => {
    const dead = deadLetters.filter((deadLetter) => deadLetter.step_id !== null && deadLetter.task_id !== null);
    if (dead.length === 0) return new Map();
    const rows = await database.read<AttemptRow & Record<string, unknown>>(ATTEMPTS, [
      dead.map((deadLetter) => deadLetter.step_id),
      dead.map((deadLetter) => deadLetter.task_id),
      dead.map((deadLetter) => deadLetter.attempts),
    ]);
    return Map.groupBy(rows, (row) => row.step_id);
  };

  return {
    async list(selection, { cursor, limit }) {
      const { where, values, shape } = deadLetterCondition(selection);
      const after = cursor === undefined ? undefined : parseInstantCursor(cursor);
      const n = values.length;
      const rows = await database.read<DeadLetterRow & Record<string, unknown>>(
        {
          name: `dead_letters.list:${shape}${after ? '>' : ''}`,
          text: `SELECT ${COLUMNS} FROM dead_letter d
                 WHERE ${where} ${after ? `AND (d.created_at, d.id) < ($${n + 2}::timestamptz, $${n + 3}::uuid)` : ''}
                 ORDER BY d.created_at DESC, d.id DESC LIMIT $${n + 1}`,
        },
        [...values, limit + 1, ...(after ? [after.at, after.id] : [])],
      );
      const page = rows.slice(0, limit);
      const attempts = await attemptsOf(page);
      const last = rows.length > limit ? page.at(-1) : undefined;
      return {
        items: page.map((row) => toView(row, attempts)),
        nextCursor: last ? formatInstantCursor({ at: last.cursor_at, id: last.id }) : null,
      };
    },
    async get(id, tenantId) {
      const [row] = await database.read<DeadLetterRow & { task_input: unknown } & Record<string, unknown>>(GET, [
        id,
        tenantId,
      ]);
      return row && { view: toView(row, await attemptsOf([row])), params: row.payload, taskInput: row.task_input };
    },
    async groups(selection, { cursor, limit }) {
      const { where, values, shape } = deadLetterCondition(selection);
      const after = cursor === undefined ? undefined : parseGroupCursor(cursor);
      const n = values.length;
      // Reads the newest message of each group from the index afterwards, since an aggregate would read all messages.
      const rows = await database.read<GroupRow & Record<string, unknown>>(
        {
          name: `dead_letters.groups:${shape}${after ? '>' : ''}`,
          text: `SELECT g.*, s.message AS sample, s.error_code FROM (
                   SELECT d.fingerprint, count(*)::int AS count, min(d.created_at) AS first_at, max(d.created_at) AS last_at,
                     array_agg(DISTINCT d.agent ORDER BY d.agent) AS agents, sum(d.cost_nano)::text AS cost
                   FROM dead_letter d WHERE ${where} GROUP BY d.fingerprint
                   ${after ? `HAVING (count(*), d.fingerprint) < ($${n + 2}::bigint, $${n + 3}::text)` : ''}
                   ORDER BY count(*) DESC, d.fingerprint DESC LIMIT $${n + 1}) g
                 CROSS JOIN LATERAL (
                   SELECT d.message, d.error_code FROM dead_letter d WHERE d.fingerprint = g.fingerprint AND ${where}
                   ORDER BY d.created_at DESC, d.id DESC LIMIT 1) s
                 ORDER BY g.count DESC, g.fingerprint DESC`,
        },
        [...values, limit + 1, ...(after ? [after.count, after.fingerprint] : [])],
      );
      const page = rows.slice(0, limit);
      const last = rows.length > limit ? page.at(-1) : undefined;
      return { items: page.map(toGroup), nextCursor: last ? formatGroupCursor(last) : null };
    },
    async count(selection) {
      const { where, values, shape } = deadLetterCondition(selection);
      const [row] = await database.read<{ count: number }>(
        {
          name: `dead_letters.count:${shape}`,
          text: `SELECT count(*)::int AS count FROM dead_letter d WHERE ${where}`,
        },
        values,
      );
      return row?.count ?? 0;
    },
  };
}

function toView(row: DeadLetterRow, attempts: ReadonlyMap<string, readonly AttemptRow[]>): DeadLetterView {
  return {
    id: row.id,
    taskId: row.task_id,
    stepId: row.step_id,
    stepKey: row.step_key,
    agent: row.agent,
    tenantId: row.tenant_id,
    taskType: row.task_type,
    generation: row.generation,
    errorCode: row.error_code,
    errorClass: row.error_class,
    topFrame: row.top_frame,
    message: row.message,
    fingerprint: row.fingerprint,
    attempts: (attempts.get(row.step_id ?? '') ?? []).filter(({ attempt }) => attempt <= row.attempts).map(toAttempt),
    payload: withoutInput(row.payload),
    costUsd: formatUsd(BigInt(row.cost_nano)),
    state: row.state,
    previousId: row.previous_id,
    redrivenAs: row.redriven_as,
    operationId: row.operation_id,
    endedBy: row.ended_by,
    reason: row.reason,
    createdAt: row.created_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
  };
}

/** A patched input may be megabytes, so it is only returned with a single dead letter. */
const withoutInput = (params: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(params).filter(([name]) => name !== '$input'));

const toAttempt = (row: AttemptRow): DeadLetterAttempt => ({
  attempt: row.attempt,
  outcome: row.outcome,
  error: row.error,
  startedAt: row.started_at?.toISOString() ?? null,
  finishedAt: row.finished_at.toISOString(),
  costUsd: formatUsd(BigInt(row.cost)),
});

const toGroup = (row: GroupRow): DeadLetterGroup => ({
  fingerprint: row.fingerprint,
  errorCode: row.error_code,
  sample: row.sample,
  count: row.count,
  firstAt: row.first_at.toISOString(),
  lastAt: row.last_at.toISOString(),
  agents: row.agents,
  costUsd: formatUsd(BigInt(row.cost)),
});

const formatGroupCursor = (group: { count: number; fingerprint: string }): string =>
  Buffer.from(`${group.count}_${group.fingerprint}`).toString('base64url');

function parseGroupCursor(text: string): { count: string; fingerprint: string } {
  const [, count, fingerprint] =
    /^(\d{1,12})_([0-9a-f]{1,64})$/.exec(Buffer.from(text, 'base64url').toString('utf8')) ?? [];
  if (count === undefined || fingerprint === undefined)
    throw new CursorError('the cursor does not belong to this list');
  return { count, fingerprint };
}
