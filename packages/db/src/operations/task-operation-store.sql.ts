import type { BulkTaskFilter, TaskStatus } from '@pressroom/contracts';

import type { Actor } from '../audit/audit-store.sql.ts';
import type { Database, Statement, TransactionQuery } from '../connection/database.ts';
import { cursorInstant } from '../paging/instant-cursor.ts';
import {
  countBatch,
  streamCondition,
  type BatchResult,
  type CountedBatch,
  type OperationPosition,
  type OperationStream,
} from './operation-position.ts';
import {
  ADVANCE_OPERATION,
  advanceValues,
  recordOperation,
  toItem,
  type OperationItem,
  type RunningOperation,
} from './operation-store.sql.ts';

export type TaskOperationKind = 'task.cancel' | 'task.retry';

/** Filter of an operation's tasks. A `tenantId` of null means any tenant. */
export interface TaskSelection extends Omit<BulkTaskFilter, 'tenantId' | 'status'> {
  tenantId: string | null;
  ids?: readonly string[];
  status?: readonly TaskStatus[];
}

export interface NewTaskOperation {
  kind: TaskOperationKind;
  selection: TaskSelection;
  options: Readonly<Record<string, unknown>>;
  ratePerSecond: number | null;
  limit: number | null;
  dryRun: boolean;
  actor: Actor;
}

/**
 * Claim on one batch of an operation. The work and its counts commit together, so that they agree after crashes and with
 * concurrent processes.
 */
export interface BatchClaim {
  /** Locks the operation; false when it has ended or another process has advanced it. */
  take(query: TransactionQuery): Promise<boolean>;
  count(query: TransactionQuery, result: BatchResult): Promise<CountedBatch>;
}

export interface TaskOperationStore {
  /** Counts the matching tasks and stores the operation with its audit row. A dry run ends at once. */
  create(operation: NewTaskOperation): Promise<{ operationId: string; matched: number }>;
  /** Tasks to process, oldest first: those that are older than the operation and still match. */
  nextItems(operation: RunningOperation, stream: OperationStream, limit: number): Promise<OperationItem[]>;
  claim(operation: RunningOperation, ids: readonly string[], position: OperationPosition): BatchClaim;
  /** Cancels a batch without its locked tasks, and counts it. Undefined when the operation has ended or was advanced elsewhere. */
  cancel(
    operation: RunningOperation,
    ids: readonly string[],
    position: OperationPosition,
  ): Promise<CountedBatch | undefined>;
}

const LOCK: Statement = {
  name: 'task_operations.lock',
  text: `SELECT 1 FROM operation WHERE id = $1 AND done = $2 AND failed = $3 AND status = 'running' FOR UPDATE`,
};
const CANCEL: Statement = {
  name: 'task_operations.cancel',
  text: `SELECT outcome, array_agg(task_id)::text[] AS ids FROM cancel_tasks($1::uuid[], $2, true) GROUP BY 1`,
};
/** Condition of the tasks that an operation of this kind can change. */
const ELIGIBLE: Readonly<Record<TaskOperationKind, string>> = {
  'task.cancel': 't.finished_at IS NULL',
  'task.retry': `t.status IN ('failed', 'partial', 'cancelled')`,
};

/** SQL condition on `task t` of the given filters only, so that each combination gets a suitable plan. */
function taskCondition(kind: TaskOperationKind, selection: TaskSelection) {
  const values: unknown[] = [];
  const conditions = [ELIGIBLE[kind]];
  const shape: string[] = [kind];
  const add = (filterKey: string, value: unknown, sql: (parameter: string) => string): void => {
    if (value === undefined || value === null) return;
    values.push(value);
    conditions.push(sql(`$${values.length}`));
    shape.push(filterKey);
  };
  add('t', selection.tenantId, (p) => `t.tenant_id = ${p}::uuid`);
  add('i', selection.ids, (p) => `t.id = ANY (${p}::uuid[])`);
  add('s', selection.status, (p) => `t.status = ANY (${p}::text[])`);
  add('y', selection.type, (p) => `t.type = ${p}`);
  add('l', selection.lane, (p) => `t.lane = ${p}`);
  add('g', selection.tag, (p) => `t.tags @> ARRAY[${p}]`);
  add('a', selection.createdAfter, (p) => `t.created_at > ${p}::timestamptz`);
  add('b', selection.createdBefore, (p) => `t.created_at < ${p}::timestamptz`);
  return { where: conditions.join(' AND '), values, shape: shape.join('') };
}

export function createTaskOperationStore(database: Database): TaskOperationStore {
  const claim: TaskOperationStore['claim'] = (operation, ids, position) => ({
    take: async (query) => (await query(LOCK, [operation.id, operation.done, operation.failed])).length > 0,
    async count(query, result) {
      const batch = countBatch(position, ids, result);
      await query(ADVANCE_OPERATION, advanceValues(operation, batch));
      return batch;
    },
  });

  return {
    claim,
    async create(operation) {
      const { kind, selection, limit } = operation;
      const { where, values, shape } = taskCondition(kind, selection);
      const [counted] = await database.read<{ count: number }>(
        { name: `task_operations.match:${shape}`, text: `SELECT count(*)::int AS count FROM task t WHERE ${where}` },
        values,
      );
      const { tenantId, ...filter } = selection;
      const matched = Math.min(counted?.count ?? 0, limit ?? Infinity);
      return database.transaction((query) => recordOperation(query, { ...operation, tenantId, filter, matched }));
    },
    async nextItems(operation, stream, limit) {
      const { where, values, shape } = taskCondition(
        operation.kind as TaskOperationKind,
        operation.selection as unknown as TaskSelection,
      );
      const n = values.length;
      const { condition, parameters, streamShape } = streamCondition(operation, stream, 't', n + 2);
      const rows = await database.read<{ id: string; tenant_id: string; cursor_at: string }>(
        {
          name: `task_operations.items:${shape}${streamShape}`,
          text: `SELECT t.id, t.tenant_id, ${cursorInstant('t.created_at')} AS cursor_at FROM task t
                 WHERE ${where} AND t.created_at <= (SELECT o.created_at FROM operation o WHERE o.id = $${n + 1}::uuid)
                   ${condition}
                 ORDER BY t.created_at, t.id LIMIT $${n + 2}`,
        },
        [...values, operation.id, limit, ...parameters],
      );
      return rows.map(toItem);
    },
    cancel: (operation, ids, position) =>
      database.transaction(async (query) => {
        const batch = claim(operation, ids, position);
        if (!(await batch.take(query))) return undefined;
        const rows = await query<{ outcome: string; ids: string[] }>(CANCEL, [ids, operation.id]);
        const idsOf = (expected: string) => rows.find(({ outcome }) => outcome === expected)?.ids ?? [];
        const failed = idsOf('finished').length;
        const locked = idsOf('locked');
        const lastError =
          failed > 0
            ? { code: 'TASK_ALREADY_FINISHED', message: 'the task finished before it was cancelled' }
            : undefined;
        // A task that was removed in the meantime counts as neither.
        return batch.count(query, { done: ids.length - failed - locked.length, failed, lastError, locked });
      }),
  };
}
