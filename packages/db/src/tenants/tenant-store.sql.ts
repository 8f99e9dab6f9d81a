import type { CreateTenant, KeyView, TenantView, UpdateTenant } from '@pressroom/contracts';
import { newId } from '@pressroom/runtime';
import { BOOTSTRAP_KEY_ID } from '../access/key-store.prisma.ts';
import { insertAudit, type Actor } from '../audit/audit-store.sql.ts';
import type { Database, Statement, TransactionQuery } from '../connection/database.ts';
import { isUniqueViolation } from '../connection/store-errors.ts';
import { cursorInstant, formatInstantCursor, parseInstantCursor } from '../paging/instant-cursor.ts';
import { formatNameCursor, parseNameCursor } from '../paging/name-cursor.ts';
import { toPage, type Page, type PageRequest } from '../paging/page.ts';

export type TenantWrite = TenantView | 'name_taken' | 'not_found';

/** Tenants with their settings and keys. Every change writes an audit row. */
export interface TenantStore {
  create(tenant: CreateTenant, actor: Actor): Promise<TenantWrite>;
  /** Ordered by name. @throws {CursorError} */
  list(page: PageRequest): Promise<Page<TenantView>>;
  get(id: string): Promise<TenantView | undefined>;
  update(id: string, changes: UpdateTenant, actor: Actor): Promise<TenantWrite>;
  /** Oldest first, without deleted ones. Null means the installation's keys. Undefined for an unknown tenant. */
  keys(tenantId: string | null, page: PageRequest): Promise<Page<KeyView> | undefined>;
  addKey(
    tenantId: string | null,
    key: {
      role: KeyView['role'];
      secretHash: string;
      name: string | null;
      prefix: string;
      expiresAt: Date | null;
    },
    actor: Actor,
  ): Promise<KeyView | undefined>;
  /** False when the tenant has no such key. The bootstrap admin key cannot be deleted: it comes from the configuration. */
  removeKey(tenantId: string | null, keyId: string, actor: Actor): Promise<boolean>;
}

const COLUMNS = `id, name, weight, max_concurrency, rate_limit_per_minute, max_backlog, style_guide, created_at,
  max_storage_bytes::float8 AS max_storage_bytes,
  coalesce((SELECT u.archived_bytes + u.live_bytes FROM tenant_storage u WHERE u.tenant_id = tenant.id), 0)::float8 AS stored_bytes`;
const INSERT: Statement = {
  name: 'tenants.insert',
  text: `INSERT INTO tenant (id, name, weight, max_concurrency, rate_limit_per_minute, max_backlog, style_guide, max_storage_bytes)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING ${COLUMNS}`,
};
const LIST: Statement = {
  name: 'tenants.list',
  text: `SELECT ${COLUMNS} FROM tenant
         WHERE deleted_at IS NULL AND ($1::text IS NULL OR (name, id) > ($1, $2::uuid)) ORDER BY name, id LIMIT $3`,
};
const GET: Statement = {
  name: 'tenants.get',
  text: `SELECT ${COLUMNS} FROM tenant WHERE id = $1 AND deleted_at IS NULL`,
};
const LOCK: Statement = { name: 'tenants.lock', text: `${GET.text} FOR UPDATE` };
const UPDATE: Statement = {
  name: 'tenants.update',
  text: `UPDATE tenant SET name = $2, weight = $3, max_concurrency = $4, rate_limit_per_minute = $5, max_backlog = $6, style_guide = $7,
           max_storage_bytes = $8
         WHERE id = $1 RETURNING ${COLUMNS}`,
};
const KEY_COLUMNS = `id, role, name, prefix, created_at, expires_at, last_used_at`;
const KEYS: Statement = {
  name: 'tenants.keys',
  text: `SELECT ${KEY_COLUMNS}, ${cursorInstant('created_at')} AS cursor_at FROM api_key
         WHERE tenant_id IS NOT DISTINCT FROM $1::uuid AND deleted_at IS NULL AND id <> $2
           AND ($3::timestamptz IS NULL OR (created_at, id) > ($3, $4::uuid))
         ORDER BY created_at, id LIMIT $5`,
};
const ADD_KEY: Statement = {
  name: 'tenants.add_key',
  text: `INSERT INTO api_key (id, tenant_id, role, secret_hash, expires_at, name, prefix)
         SELECT $1::uuid, $2::uuid, $3, $4, $5::timestamptz, $6, $7
         WHERE $2::uuid IS NULL OR EXISTS (SELECT 1 FROM tenant t WHERE t.id = $2 AND t.deleted_at IS NULL)
         RETURNING ${KEY_COLUMNS}`,
};
const REMOVE_KEY: Statement = {
  name: 'tenants.remove_key',
  text: `UPDATE api_key SET deleted_at = pressroom_now() 
         WHERE id = $2 AND tenant_id IS NOT DISTINCT FROM $1::uuid AND deleted_at IS NULL AND id <> $3 RETURNING id`,
};

interface TenantRow extends Record<string, unknown> {
  id: string;
  name: string;
  weight: number;
  max_concurrency: number | null;
  rate_limit_per_minute: number | null;
  max_backlog: number;
  style_guide: string | null;
  max_storage_bytes: number | null;
  stored_bytes: number;
  created_at: Date;
}
interface KeyRow extends Record<string, unknown> {
  id: string;
  role: KeyView['role'];
  name: string | null;
  prefix: string | null;
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
}

export function createTenantStore(database: Database): TenantStore {
  const get = async (id: string): Promise<TenantView | undefined> => {
    const [row] = await database.run<TenantRow>(GET, [id]);
    return row && toView(row);
  };
  return {
    get,
    create: (tenant, actor) =>
      refusingTakenNames(() =>
        database.transaction(async (query) => {
          const [row] = await query<TenantRow>(INSERT, [newId(), ...valuesOf(tenant)]);
          if (!row) throw new Error('the INSERT of the tenant returned no row');
          await audit(query, actor, 'tenant.create', row.id, 'tenant', row.id);
          return toView(row);
        }),
      ),
    async list({ cursor, limit }) {
      const after = cursor === undefined ? undefined : parseNameCursor(cursor);
      const rows = await database.read<TenantRow>(LIST, [after?.name ?? null, after?.id ?? null, limit + 1]);
      return toPage(rows, limit, toView, formatNameCursor);
    },
    update: (id, changes, actor) =>
      refusingTakenNames(() =>
        database.transaction(async (query) => {
          const [locked] = await query<TenantRow>(LOCK, [id]);
          if (!locked) return 'not_found';
          const [row] = await query<TenantRow>(UPDATE, [id, ...valuesOf({ ...toView(locked), ...definedOf(changes) })]);
          if (!row) throw new Error('the row of the locked tenant is missing');
          await audit(query, actor, 'tenant.update', id, 'tenant', id, { changed: Object.keys(changes) });
          return toView(row);
        }),
      ),
    async keys(tenantId, { cursor, limit }) {
      if (tenantId !== null && !(await get(tenantId))) return undefined;
      const after = cursor === undefined ? undefined : parseInstantCursor(cursor);
      const values = [tenantId, BOOTSTRAP_KEY_ID, after?.at ?? null, after?.id ?? null, limit + 1];
      const rows = await database.read<KeyRow & { cursor_at: string }>(KEYS, values);
      return toPage(rows, limit, toKeyView, (row) => formatInstantCursor({ at: row.cursor_at, id: row.id }));
    },
    addKey: (tenantId, { role, secretHash, name, prefix, expiresAt }, actor) =>
      database.transaction(async (query) => {
        const [row] = await query<KeyRow>(ADD_KEY, [newId(), tenantId, role, secretHash, expiresAt, name, prefix]);
        if (!row) return undefined;
        await audit(query, actor, 'key.create', tenantId, 'key', row.id, { role });
        return toKeyView(row);
      }),
    removeKey: (tenantId, keyId, actor) =>
      database.transaction(async (query) => {
        const removed = (await query(REMOVE_KEY, [tenantId, keyId, BOOTSTRAP_KEY_ID])).length > 0;
        if (removed) await audit(query, actor, 'key.delete', tenantId, 'key', keyId);
        return removed;
      }),
  };
}

async function refusingTakenNames(write: () => Promise<TenantWrite>): Promise<TenantWrite> {
  try {
    return await write();
  } catch (error) {
    if (isUniqueViolation(error)) return 'name_taken';
    throw error;
  }
}

const audit = (
  query: TransactionQuery,
  actor: Actor,
  action: string,
  tenantId: string | null,
  kind: string,
  id: string,
  data: Readonly<Record<string, unknown>> = {},
): Promise<void> => insertAudit(query, [{ actor, tenantId, action, target: { kind, id }, data }]);

const valuesOf = (tenant: Omit<TenantView, 'id' | 'createdAt' | 'storedBytes'>): unknown[] => [
  tenant.name,
  tenant.weight,
  tenant.maxConcurrency,
  tenant.rateLimitPerMinute,
  tenant.maxBacklog,
  tenant.styleGuide,
  tenant.maxStorageBytes,
];

/** An undefined member keeps the value; null removes a limit. */
const definedOf = (changes: UpdateTenant): Partial<TenantView> =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));

const toView = (row: TenantRow): TenantView => ({
  id: row.id,
  name: row.name,
  weight: row.weight,
  maxConcurrency: row.max_concurrency,
  rateLimitPerMinute: row.rate_limit_per_minute,
  maxBacklog: row.max_backlog,
  styleGuide: row.style_guide,
  maxStorageBytes: row.max_storage_bytes,
  storedBytes: row.stored_bytes,
  createdAt: row.created_at.toISOString(),
});

const toKeyView = (row: KeyRow): KeyView => ({
  id: row.id,
  role: row.role,
  name: row.name,
  prefix: row.prefix,
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at?.toISOString() ?? null,
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
});
