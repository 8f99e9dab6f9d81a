import type { InstantCursor } from '../paging/instant-cursor.ts';

/**
 * Tenants whose items are read apart from all others, because their backlog was full: the last item looked at of each, null
 * before the first. One that has no items left stays here, so that no item is touched twice.
 */
export type DeferredTenants = Readonly<Record<string, { cursor: InstantCursor | null; isDone: boolean }>>;

/** Which items an operation reads: those of one deferred tenant, or of all that are not deferred (null). */
export interface OperationStream {
  tenantId: string | null;
}

/** How far an operation is. */
export interface OperationPosition {
  /** Last item looked at, of tenants that are not deferred. */
  cursor: InstantCursor | null;
  deferred: DeferredTenants;
}

/** The position once the stream has been read up to this item. `isLast` says that the stream has no more. */
export function advancePosition(
  { cursor, deferred }: OperationPosition,
  { tenantId }: OperationStream,
  read: { last: InstantCursor; isLast: boolean },
): OperationPosition {
  if (tenantId === null) return { cursor: read.last, deferred };
  return { cursor, deferred: { ...deferred, [tenantId]: { cursor: read.last, isDone: read.isLast } } };
}

/** SQL that narrows rows with `tenant_id`, `created_at` and `id` to what a stream has still to read. */
export function streamCondition(
  operation: OperationPosition,
  { tenantId }: OperationStream,
  row: string,
  used: number,
) {
  const { cursor, deferred } = operation;
  const after = tenantId === null ? cursor : (deferred[tenantId]?.cursor ?? null);
  const parameters: unknown[] = [];
  const conditions: string[] = [];
  const next = (value: unknown): string => `$${used + parameters.push(value)}`;
  let letter = '';
  if (tenantId !== null) {
    conditions.push(`AND ${row}.tenant_id = ${next(tenantId)}::uuid`);
    letter += '=';
  } else if (Object.keys(deferred).length > 0) {
    conditions.push(`AND coalesce(${row}.tenant_id <> ALL (${next(Object.keys(deferred))}::uuid[]), true)`);
    letter += '-';
  }
  if (after) {
    conditions.push(`AND (${row}.created_at, ${row}.id) > (${next(after.at)}::timestamptz, ${next(after.id)}::uuid)`);
    letter += '>';
  }
  return { condition: conditions.join(' '), parameters, letter };
}
