import type { OperationStatus, OperationView } from '@pressroom/contracts';
import { newId } from '@pressroom/runtime';

import { insertAudit, type Actor } from '../audit/audit-store.sql.ts';
import type { Database, Statement, TransactionQuery } from '../connection/database.ts';
import { toJsonb } from '../connection/to-jsonb.ts';
import { deadLetterCondition, type DeadLetterSelection } from '../dead-letters/dead-letter-filter.sql.ts';
import {
  cursorInstant,
  formatInstantCursor,
  parseInstantCursor,
  type InstantCursor,
} from '../paging/instant-cursor.ts';
import {
  streamCondition,
  type CountedBatch,
  type DeferredTenants,
  type OperationPosition,
  type OperationStream,
} from './operation-position.ts';
import { toPage, type Page, type PageRequest } from '../paging/page.ts';

export type OperationKind = OperationView['kind'];
type OperationError = NonNullable<OperationView['lastError']>;

export interface NewOperation {
  kind: OperationKind;
  selection: DeadLetterSelection;
  /** Parameters: patch, tier and so on of a redrive, or the reason of a discard. */
  options: Readonly<Record<string, unknown>>;
  ratePerSecond: number | null;
  limit: number | null;
  dryRun: boolean;
  actor: Actor;
}

/** A running operation, for its runner. */
export interface RunningOperation extends OperationPosition {
  id: string;
  kind: OperationKind;
  selection: DeadLetterSelection;
  options: Record<string, unknown>;
  ratePerSecond: number | null;
  /** Most items to process; null means all that match. */
  limit: number | null;
  done: number;
  failed: number;
  actor: Actor;
}

export interface OperationItem {
  id: string;
  /** Null for a dead letter that belongs to no tenant. */
  tenantId: string | null;
  cursor: InstantCursor;
}

/** Bulk operations, stored so that they survive the coordinator that started them. */
export interface OperationStore {
  /** Counts the matching items and stores the operation with its audit row. A dry run ends at once. */
  create(operation: NewOperation): Promise<{ operationId: string; matched: number }>;
  /** Undefined for an unknown id and for another tenant's. */
  get(id: string, tenantId: string | null): Promise<OperationView | undefined>;
  /** Aborts a running operation; returns its state. Idempotent. */
  abort(id: string, tenantId: string | null, actor: Actor): Promise<OperationView | undefined>;
  /** Newest first. @throws {CursorError} */
  list(tenantId: string | null, page: PageRequest): Promise<Page<OperationView>>;
  /** Running operations, round-robin by tenant, oldest first. */
  running(limit: number): Promise<RunningOperation[]>;
  /**
   * Dead letters to process, oldest first: open ones that are older than the operation, and those that it has closed but not
   * counted yet.
   */
  nextItems(operation: RunningOperation, stream: OperationStream, limit: number): Promise<OperationItem[]>;
  /**
   * Those of the tenants whose backlog is at least half full: restarted tasks must leave the other half for submissions, so they
   * wait.
   */
  fullTenants(tenantIds: readonly string[]): Promise<string[]>;
  /** Replaces the deferred tenants. False when the operation has ended or another process has advanced it. */
  defer(operation: RunningOperation, deferred: DeferredTenants): Promise<boolean>;
  /**
   * Stores the counts and position of a batch; returns the operation's status. Undefined, without a change, when another process
   * has advanced it.
   */
  advance(operation: RunningOperation, batch: CountedBatch): Promise<OperationStatus | undefined>;
  /** Ends an operation that has processed all items; an aborted one stays aborted. */
  finish(id: string): Promise<void>;
  /** Fails an operation. */
  fail(id: string, error: OperationError): Promise<void>;
}

// Coordinators of the previous release end an operation without retrying its locked items; these count as failed.
const LEFT_LOCKED = `CASE WHEN status IN ('done', 'failed') THEN jsonb_array_length(locked) ELSE 0 END`;
const VIEW = `id, kind, status, dry_run AS "dryRun", filter, matched, done, failed + ${LEFT_LOCKED} AS failed,
  rate_per_second AS "ratePerSecond", max_items AS "limit",
  CASE WHEN ${LEFT_LOCKED} = 0 THEN last_error ELSE jsonb_build_object('code', 'UNAVAILABLE', 'message',
    format('%s stayed locked by another transaction; start the operation again', locked -> -1 ->> 'id')) END AS "lastError", created_by AS "createdBy", created_at, started_at, finished_at`;

const CREATE: Statement = {
  name: 'operations.create',
  text: `INSERT INTO operation (id, kind, status, tenant_id, filter, options, dry_run, matched, max_items, rate_per_second,
           created_by, finished_at, created_at)
         VALUES ($1, $2, CASE WHEN $6 THEN 'done' ELSE 'running' END, $3, $4::jsonb, $5::jsonb, $6, $7, $8, $9, $10::jsonb,
           CASE WHEN $6 THEN pressroom_now() END, pressroom_now())`,
};
const GET: Statement = {
  name: 'operations.get',
  text: `SELECT ${VIEW} FROM operation WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2)`,
};
const LIST: Statement = {
  name: 'operations.list',
  text: `SELECT ${VIEW}, ${cursorInstant('created_at')} AS cursor_at FROM operation
         WHERE ($1::uuid IS NULL OR tenant_id = $1) AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
         ORDER BY created_at DESC, id DESC LIMIT $4`,
};
const ABORT: Statement = {
  name: 'operations.abort',
  text: `UPDATE operation SET status = 'aborted', finished_at = pressroom_now()
         WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2) AND status = 'running' RETURNING tenant_id AS "tenantId"`,
};
const RUNNING: Statement = {
  name: 'operations.running',
  text: `SELECT id, kind, filter AS selection, tenant_id AS "tenantId", options, rate_per_second AS "ratePerSecond",
           max_items AS "limit", done, failed, ${cursorInstant('cursor_at')} AS "cursorAt", cursor_id AS "cursorId",
           deferred, locked, created_by AS actor
         FROM (SELECT o.*, row_number() OVER (PARTITION BY o.tenant_id ORDER BY o.created_at) AS nth FROM operation o
               WHERE o.status = 'running') o
         ORDER BY o.nth, o.created_at LIMIT $1`,
};
const FULL_TENANTS: Statement = {
  name: 'operations.full_tenants',
  text: `SELECT n.id FROM tenant n
         CROSS JOIN LATERAL (
           SELECT count(*) AS open FROM (
             SELECT 1 FROM task t WHERE t.tenant_id = n.id AND t.finished_at IS NULL LIMIT ceil(n.max_backlog / 2.0)) o) b
         WHERE n.id = ANY ($1::uuid[]) AND b.open >= ceil(n.max_backlog / 2.0)`,
};
const DEFER: Statement = {
  name: 'operations.defer',
  text: `UPDATE operation SET deferred = $4::jsonb WHERE id = $1 AND done = $2 AND failed = $3 AND status = 'running' RETURNING 1`,
};
/** Stores a batch, unless another process has advanced the operation. */
export const ADVANCE_OPERATION: Statement = {
  name: 'operations.advance',
  text: `UPDATE operation SET done = done + $4, failed = failed + $5, cursor_at = $6::timestamptz, cursor_id = $7,
           last_error = coalesce($8::jsonb, last_error), deferred = $9::jsonb, locked = $10::jsonb,
           started_at = coalesce(started_at, pressroom_now())
         WHERE id = $1 AND done = $2 AND failed = $3 RETURNING status`,
};
const FINISH: Statement = {
  name: 'operations.finish',
  text: `UPDATE operation SET status = CASE WHEN done = 0 AND failed > 0 THEN 'failed' ELSE 'done' END, finished_at = pressroom_now(),
           started_at = coalesce(started_at, pressroom_now())
         WHERE id = $1 AND status = 'running'`,
};
const FAIL: Statement = {
  name: 'operations.fail',
  text: `UPDATE operation SET status = 'failed', last_error = $2::jsonb, finished_at = pressroom_now() WHERE id = $1 AND status = 'running'`,
};
type ViewRow = Omit<OperationView, 'createdAt' | 'startedAt' | 'finishedAt'> & {
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
} & Record<string, unknown>;

type RunningRow = Omit<RunningOperation, 'cursor' | 'selection'> & {
  selection: Omit<DeadLetterSelection, 'tenantId'>;
  tenantId: string | null;
  cursorAt: string | null;
  cursorId: string | null;
} & Record<string, unknown>;

export function createOperationStore(database: Database): OperationStore {
  const find = async (
    query: TransactionQuery,
    id: string,
    tenantId: string | null,
  ): Promise<OperationView | undefined> => {
    const [row] = await query<ViewRow>(GET, [id, tenantId]);
    return row && toView(row);
  };

  return {
    async create({ kind, selection, options, ratePerSecond, limit, dryRun, actor }) {
      const { where, values, shape } = deadLetterCondition({ ...selection, state: 'open' });
      const [counted] = await database.read<{ count: number }>(
        { name: `operations.match:${shape}`, text: `SELECT count(*)::int AS count FROM dead_letter d WHERE ${where}` },
        values,
      );
      const { tenantId, ...narrowing } = selection;
      const operation = { kind, options, ratePerSecond, limit, dryRun, actor, tenantId };
      const matched = Math.min(counted?.count ?? 0, limit ?? Infinity);
      // Without the state, so that items it has closed still match.
      const filter = { ...narrowing, state: undefined };
      return database.transaction((query) => recordOperation(query, { ...operation, filter, matched }));
    },
    get: (id, tenantId) => find((statement, values) => database.run(statement, values), id, tenantId),
    async list(tenantId, { cursor, limit }) {
      const after = cursor === undefined ? undefined : parseInstantCursor(cursor);
      const rows = await database.read<ViewRow & { cursor_at: string }>(LIST, [
        tenantId,
        after?.at ?? null,
        after?.id ?? null,
        limit + 1,
      ]);
      return toPage(rows, limit, toView, (row) => formatInstantCursor({ at: row.cursor_at, id: row.id }));
    },
    abort: (id, tenantId, actor) =>
      database.transaction(async (query) => {
        const [aborted] = await query<{ tenantId: string | null }>(ABORT, [id, tenantId]);
        if (aborted) {
          await insertAudit(query, [
            { actor, tenantId: aborted.tenantId, action: 'operation.abort', target: { kind: 'operation', id } },
          ]);
        }
        return find(query, id, tenantId);
      }),
    async running(limit) {
      const rows = await database.run<RunningRow>(RUNNING, [limit]);
      return rows.map(({ selection, tenantId, cursorAt, cursorId, ...row }) => ({
        ...row,
        selection: { ...selection, tenantId },
        cursor: cursorAt === null || cursorId === null ? null : { at: cursorAt, id: cursorId },
      }));
    },
    async nextItems(operation, stream, limit) {
      const { where, values, shape } = deadLetterCondition({ ...operation.selection });
      const { condition, parameters, streamShape } = streamCondition(operation, stream, 'd', values.length + 2);
      const n = values.length;
      const rows = await database.read<{ id: string; tenant_id: string | null; cursor_at: string }>(
        {
          name: `operations.items:${shape}${streamShape}`,
          text: `SELECT d.id, d.tenant_id, ${cursorInstant('d.created_at')} AS cursor_at FROM dead_letter d
                 WHERE ${where} AND (d.state = 'open' OR d.operation_id = $${n + 1}::uuid)
                   AND d.created_at <= (SELECT o.created_at FROM operation o WHERE o.id = $${n + 1}::uuid)
                   ${condition}
                 ORDER BY d.created_at, d.id LIMIT $${n + 2}`,
        },
        [...values, operation.id, limit, ...parameters],
      );
      return rows.map(toItem);
    },
    async fullTenants(tenantIds) {
      if (tenantIds.length === 0) return [];
      return (await database.run<{ id: string }>(FULL_TENANTS, [tenantIds])).map(({ id }) => id);
    },
    async defer({ id, done, failed }, deferred) {
      return (await database.run(DEFER, [id, done, failed, toJsonb(deferred)])).length > 0;
    },
    async advance(operation, batch) {
      const values = advanceValues(operation, batch);
      return (await database.run<{ status: OperationStatus }>(ADVANCE_OPERATION, values))[0]?.status;
    },
    async finish(id) {
      await database.run(FINISH, [id]);
    },
    async fail(id, error) {
      await database.run(FAIL, [id, toJsonb(error)]);
    },
  };
}

/** Parameters of `ADVANCE_OPERATION`. */
export const advanceValues = (
  { id, done, failed }: RunningOperation,
  { position, lastError, ...batch }: CountedBatch,
): unknown[] => [
  id,
  done,
  failed,
  batch.done,
  batch.failed,
  position.cursor?.at ?? null,
  position.cursor?.id ?? null,
  lastError ? toJsonb(lastError) : null,
  toJsonb(position.deferred),
  toJsonb(position.locked),
];

export const toItem = (row: { id: string; tenant_id: string | null; cursor_at: string }): OperationItem => ({
  id: row.id,
  tenantId: row.tenant_id,
  cursor: { at: row.cursor_at, id: row.id },
});

/** Inserts an operation with its audit row; no audit row for a dry run. */
export async function recordOperation(
  query: TransactionQuery,
  operation: Omit<NewOperation, 'selection'> & {
    tenantId: string | null;
    filter: Readonly<Record<string, unknown>>;
    matched: number;
  },
): Promise<{ operationId: string; matched: number }> {
  const { kind, tenantId, filter, options, matched, limit, ratePerSecond, dryRun, actor } = operation;
  const operationId = newId();
  await query(CREATE, [
    operationId,
    kind,
    tenantId,
    toJsonb(filter),
    toJsonb(options),
    dryRun,
    matched,
    limit,
    ratePerSecond,
    toJsonb(actor),
  ]);
  if (!dryRun) {
    const target = { kind: 'operation', id: operationId };
    const data = { filter, matched, limit, ratePerSecond, ...('reason' in options && { reason: options['reason'] }) };
    await insertAudit(query, [{ actor, tenantId, action: `${kind}_bulk`, target, data }]);
  }
  return { operationId, matched };
}

function toView(row: ViewRow): OperationView {
  const { created_at, started_at, finished_at, createdBy } = row;
  return {
    id: row.id,
    kind: row.kind,
    status: row.status,
    dryRun: row.dryRun,
    filter: row.filter,
    matched: row.matched,
    done: row.done,
    failed: row.failed,
    ratePerSecond: row.ratePerSecond,
    limit: row.limit,
    lastError: row.lastError,
    createdBy: { keyId: createdBy.keyId, role: createdBy.role },
    createdAt: created_at.toISOString(),
    startedAt: started_at?.toISOString() ?? null,
    finishedAt: finished_at?.toISOString() ?? null,
  };
}
