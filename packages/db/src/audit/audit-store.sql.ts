import type { AuditEntryView } from '@pressroom/contracts';
import { newId } from '@pressroom/runtime';

import type { KeyRole } from '../access/key-store.prisma.ts';
import type { Database, Statement, TransactionQuery } from '../connection/database.ts';
import { toJsonb } from '../connection/to-jsonb.ts';
import { cursorInstant, formatInstantCursor, parseInstantCursor } from '../paging/instant-cursor.ts';

/** The key that performed an action. */
export interface Actor {
  keyId: string;
  role: KeyRole;
}

/** One action of an operator. Never put content or secrets into `data`. */
export interface AuditRecord {
  actor: Actor;
  /** Tenant of the target; null when it belongs to none. */
  tenantId: string | null;
  /** `<kind>.<verb>`, such as `task.cancel`. */
  action: string;
  target: { kind: string; id: string };
  data?: Readonly<Record<string, unknown>>;
}

export interface AuditFilter {
  /** Null means any tenant, and actions without a tenant. */
  tenantId: string | null;
  action?: string;
  keyId?: string;
  targetId?: string;
  since?: Date;
  until?: Date;
}

export interface AuditStore {
  /** Records an action in its own statement. Use `insertAudit` to record it in the transaction of the action. */
  record(entry: AuditRecord): Promise<void>;
  /** Newest first. @throws {CursorError} */
  list(
    filter: AuditFilter,
    page: { cursor: string | undefined; limit: number },
  ): Promise<{ items: AuditEntryView[]; nextCursor: string | null }>;
}

const INSERT: Statement = {
  name: 'audit.insert',
  text: `INSERT INTO audit (id, key_id, role, tenant_id, action, target_kind, target_id, data, at)
         SELECT a.id, a."keyId", a.role, a."tenantId", a.action, a."targetKind", a."targetId", a.data, pressroom_now()
         FROM jsonb_to_recordset($1::jsonb) AS a(id uuid, "keyId" text, role text, "tenantId" uuid, action text,
           "targetKind" text, "targetId" text, data jsonb)`,
};
const LIST: Statement = {
  name: 'audit.list',
  text: `SELECT id, at, key_id, role, tenant_id, action, target_kind, target_id, data, ${cursorInstant('at')} AS cursor_at
         FROM audit
         WHERE ($1::uuid IS NULL OR tenant_id = $1) AND ($2::text IS NULL OR action = $2) AND ($3::text IS NULL OR key_id = $3)
           AND ($4::text IS NULL OR target_id = $4) AND ($5::timestamptz IS NULL OR at >= $5) AND ($6::timestamptz IS NULL OR at < $6)
           AND ($7::timestamptz IS NULL OR (at, id) < ($7, $8::uuid))
         ORDER BY at DESC, id DESC LIMIT $9`,
};

interface AuditRow {
  id: string;
  at: Date;
  key_id: string;
  role: string;
  tenant_id: string | null;
  action: string;
  target_kind: string;
  target_id: string;
  data: Record<string, unknown>;
  cursor_at: string;
}

/** Inserts audit rows with the given query function, so that they commit together with their action. */
export async function insertAudit(query: TransactionQuery, entries: readonly AuditRecord[]): Promise<void> {
  if (entries.length === 0) return;
  const rows = entries.map(({ actor, tenantId, action, target, data = {} }) => ({
    id: newId(),
    keyId: actor.keyId,
    role: actor.role,
    tenantId,
    action,
    targetKind: target.kind,
    targetId: target.id,
    data,
  }));
  await query(INSERT, [toJsonb(rows)]);
}

export function createAuditStore(database: Database): AuditStore {
  return {
    record: (entry) => insertAudit((statement, values) => database.run(statement, values), [entry]),
    async list(filter, { cursor, limit }) {
      const after = cursor === undefined ? undefined : parseInstantCursor(cursor);
      const rows = await database.read<AuditRow & Record<string, unknown>>(LIST, [
        filter.tenantId,
        filter.action ?? null,
        filter.keyId ?? null,
        filter.targetId ?? null,
        filter.since ?? null,
        filter.until ?? null,
        after?.at ?? null,
        after?.id ?? null,
        limit + 1,
      ]);
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return {
        items: rows.slice(0, limit).map(toView),
        nextCursor: last ? formatInstantCursor({ at: last.cursor_at, id: last.id }) : null,
      };
    },
  };
}

const toView = (row: AuditRow): AuditEntryView => ({
  id: row.id,
  at: row.at.toISOString(),
  keyId: row.key_id,
  role: row.role,
  tenantId: row.tenant_id,
  action: row.action,
  target: { kind: row.target_kind, id: row.target_id },
  data: row.data,
});
