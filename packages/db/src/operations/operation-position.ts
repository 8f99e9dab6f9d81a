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

/** An item that another transaction held each time; `passes` is how often. */
export interface LockedItem {
  id: string;
  passes: number;
}

/** How far an operation is. */
export interface OperationPosition {
  /** Last item looked at, of tenants that are not deferred. */
  cursor: InstantCursor | null;
  deferred: DeferredTenants;
  /** Items that lie behind the cursors and are still to be touched. */
  locked: readonly LockedItem[];
}

/** How often an operation comes to a locked item, about once a second, before it counts as failed. */
export const MAX_LOCKED_PASSES = 60;
/** Ids that a message names. */
const MAX_NAMED_IDS = 3;

/** What became of a batch. */
export interface BatchResult {
  done: number;
  failed: number;
  lastError: { code: string; message: string } | undefined;
  /** Ids that another transaction held; neither done nor failed. */
  locked: readonly string[];
}

/** A batch as it is written to the operation. */
export interface CountedBatch extends Omit<BatchResult, 'locked'> {
  position: OperationPosition;
}

/** Notes which of the touched items were locked, to come back to them, and fails those that were so too often. */
export function countBatch(
  position: OperationPosition,
  touchedIds: readonly string[],
  { done, failed, lastError, locked }: BatchResult,
): CountedBatch {
  const touched = new Set(touchedIds);
  const passesOf = new Map(position.locked.map(({ id, passes }) => [id, passes]));
  const held = locked.map((id) => ({ id, passes: (passesOf.get(id) ?? 0) + 1 }));
  const expired = held.filter(({ passes }) => passes >= MAX_LOCKED_PASSES).map(({ id }) => id);
  const named = expired.slice(0, MAX_NAMED_IDS).join(', ');
  const others = expired.length > MAX_NAMED_IDS ? ` and ${expired.length - MAX_NAMED_IDS} more` : '';
  const message = `${named}${others} stayed locked by another transaction in ${MAX_LOCKED_PASSES} passes; start the operation again`;
  return {
    done,
    failed: failed + expired.length,
    lastError: expired.length > 0 ? { code: 'UNAVAILABLE', message } : lastError,
    position: {
      ...position,
      locked: [
        ...position.locked.filter(({ id }) => !touched.has(id)),
        ...held.filter(({ passes }) => passes < MAX_LOCKED_PASSES),
      ],
    },
  };
}

/** The position once the stream has been read up to this item. `isLast` says that the stream has no more. */
export function advancePosition(
  { cursor, deferred, locked }: OperationPosition,
  { tenantId }: OperationStream,
  read: { last: InstantCursor; isLast: boolean },
): OperationPosition {
  if (tenantId === null) return { cursor: read.last, deferred, locked };
  return { cursor, deferred: { ...deferred, [tenantId]: { cursor: read.last, isDone: read.isLast } }, locked };
}

/** SQL that narrows rows with `tenant_id`, `created_at` and `id` to what a stream has still to read. */
export function streamCondition(
  operation: Omit<OperationPosition, 'locked'>,
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
