import type { InstantCursor } from '../paging/instant-cursor.ts';

/**
 * Tenants whose items are read separately because their backlog was full, with the cursor of each; null before the first item. A
 * tenant without further items stays here, so that no item is processed twice.
 */
export type DeferredTenants = Readonly<Record<string, { cursor: InstantCursor | null; isDone: boolean }>>;

/** Items that an operation reads: those of one deferred tenant, or of all tenants that are not deferred (null). */
export interface OperationStream {
  tenantId: string | null;
}

/** An item that was locked in each of `passes` attempts. */
export interface LockedItem {
  id: string;
  passes: number;
}

/** Progress of an operation. */
export interface OperationPosition {
  /** Cursor over tenants that are not deferred. */
  cursor: InstantCursor | null;
  deferred: DeferredTenants;
  /** Items before the cursors that must be retried. */
  locked: readonly LockedItem[];
}

/** Attempts for a locked item, about one per second, before it counts as failed. */
export const MAX_LOCKED_PASSES = 60;
/** Most ids in a message. */
const MAX_NAMED_IDS = 3;

/** Result of a batch. */
export interface BatchResult {
  done: number;
  failed: number;
  lastError: { code: string; message: string } | undefined;
  /** Ids that another transaction had locked; neither done nor failed. */
  locked: readonly string[];
}

/** A batch with the operation's new position. */
export interface CountedBatch extends Omit<BatchResult, 'locked'> {
  position: OperationPosition;
}

/** Records locked items for a retry, and counts those as failed that were locked too often. Pure. */
export function countBatch(
  position: OperationPosition,
  processedIds: readonly string[],
  { done, failed, lastError, locked }: BatchResult,
): CountedBatch {
  const processed = new Set(processedIds);
  const passesOf = new Map(position.locked.map(({ id, passes }) => [id, passes]));
  const retried = locked.map((id) => ({ id, passes: (passesOf.get(id) ?? 0) + 1 }));
  const expired = retried.filter(({ passes }) => passes >= MAX_LOCKED_PASSES).map(({ id }) => id);
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
        ...position.locked.filter(({ id }) => !processed.has(id)),
        ...retried.filter(({ passes }) => passes < MAX_LOCKED_PASSES),
      ],
    },
  };
}

/** Returns the position after an item of the stream; `isLast` ends the stream. Pure. */
export function advancePosition(
  { cursor, deferred, locked }: OperationPosition,
  { tenantId }: OperationStream,
  read: { last: InstantCursor; isLast: boolean },
): OperationPosition {
  if (tenantId === null) return { cursor: read.last, deferred, locked };
  return { cursor, deferred: { ...deferred, [tenantId]: { cursor: read.last, isDone: read.isLast } }, locked };
}

/** SQL condition on `tenant_id`, `created_at` and `id` for the unread items of a stream. */
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
  let streamShape = '';
  if (tenantId !== null) {
    conditions.push(`AND ${row}.tenant_id = ${next(tenantId)}::uuid`);
    streamShape += '=';
  } else if (Object.keys(deferred).length > 0) {
    conditions.push(`AND coalesce(${row}.tenant_id <> ALL (${next(Object.keys(deferred))}::uuid[]), true)`);
    streamShape += '-';
  }
  if (after) {
    conditions.push(`AND (${row}.created_at, ${row}.id) > (${next(after.at)}::timestamptz, ${next(after.id)}::uuid)`);
    streamShape += '>';
  }
  return { condition: conditions.join(' '), parameters, streamShape };
}
