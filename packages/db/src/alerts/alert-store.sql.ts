import type { AlertView } from '@pressroom/contracts';
import { newId } from '@pressroom/runtime';

import type { Database, Statement } from '../connection/database.ts';
import { toJsonb } from '../connection/to-jsonb.ts';
import { cursorInstant, formatInstantCursor, parseInstantCursor } from '../paging/instant-cursor.ts';

export interface NewAlert {
  /** Null concerns the whole installation. */
  tenantId: string | null;
  kind: string;
  message: string;
  data: Readonly<Record<string, unknown>>;
}

export interface AlertStore {
  /** Raises an alert unless there is one of its kind and tenant younger than `quietMs`. Returns whether it did. */
  raise(alert: NewAlert, quietMs: number): Promise<boolean>;
  /** Newest first; null is any tenant. @throws {CursorError} */
  list(
    tenantId: string | null,
    page: { cursor: string | undefined; limit: number },
  ): Promise<{ items: AlertView[]; nextCursor: string | null }>;
}

const RAISE: Statement = {
  name: 'alerts.raise',
  text: `INSERT INTO alert (id, tenant_id, kind, message, data, created_at)
         SELECT $1, $2::uuid, $3, $4, $5::jsonb, pressroom_now()
         WHERE NOT EXISTS (SELECT 1 FROM alert a WHERE a.tenant_id IS NOT DISTINCT FROM $2::uuid AND a.kind = $3
                           AND a.created_at > pressroom_now() - $6 * interval '1 ms')
         RETURNING id`,
};
const LIST: Statement = {
  name: 'alerts.list',
  text: `SELECT id, tenant_id, kind, message, data, created_at, ${cursorInstant('created_at')} AS cursor_at
         FROM alert WHERE ($1::uuid IS NULL OR tenant_id = $1) AND ($2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid))
         ORDER BY created_at DESC, id DESC LIMIT $4`,
};
interface AlertRow {
  id: string;
  tenant_id: string | null;
  kind: string;
  message: string;
  data: Record<string, unknown>;
  created_at: Date;
  cursor_at: string;
}

export function createAlertStore(database: Database): AlertStore {
  return {
    async raise({ tenantId, kind, message, data }, quietMs) {
      const rows = await database.run(RAISE, [newId(), tenantId, kind, message, toJsonb(data), quietMs]);
      return rows.length > 0;
    },
    async list(tenantId, { cursor, limit }) {
      const after = cursor === undefined ? undefined : parseInstantCursor(cursor);
      const rows = await database.read<AlertRow & Record<string, unknown>>(LIST, [
        tenantId,
        after?.at ?? null,
        after?.id ?? null,
        limit + 1,
      ]);
      const last = rows.length > limit ? rows[limit - 1] : undefined;
      return {
        items: rows.slice(0, limit).map((row) => ({
          id: row.id,
          kind: row.kind,
          message: row.message,
          tenantId: row.tenant_id,
          data: row.data,
          createdAt: row.created_at.toISOString(),
        })),
        nextCursor: last ? formatInstantCursor({ at: last.cursor_at, id: last.id }) : null,
      };
    },
  };
}
