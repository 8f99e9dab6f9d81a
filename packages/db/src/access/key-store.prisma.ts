import { newId } from '@pressroom/runtime';
import type { Database, Statement } from '../connection/database.ts';
import { translateStoreError } from '../connection/store-errors.ts';

export type KeyRole = 'admin' | 'monitor' | 'submit' | 'operate' | 'view';

export interface KeyHolder {
  keyId: string;
  role: KeyRole;
  /** Null for keys of the platform itself (admin, monitor). */
  tenantId: string | null;
}

const FIND: Statement = {
  name: 'keys.find',
  text: `SELECT k.id, k.role, k.tenant_id FROM api_key k LEFT JOIN tenant t ON t.id = k.tenant_id
         WHERE k.secret_hash = $1 AND k.deleted_at IS NULL AND t.deleted_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > pressroom_now())`,
};

const HAS_ADMIN: Statement = {
  name: 'keys.has_admin',
  text: `SELECT 1 FROM api_key WHERE role = 'admin' AND deleted_at IS NULL AND (expires_at IS NULL OR expires_at > pressroom_now()) LIMIT 1`,
};

const RECORD_USES: Statement = {
  name: 'keys.record_uses',
  text: `UPDATE api_key k SET last_used_at = greatest(k.last_used_at, u.used_at)
         FROM unnest($1::uuid[], $2::timestamptz[]) AS u(id, used_at) WHERE k.id = u.id`,
};

export interface AccessStore {
  /** Looks a key up by the SHA-256 (hex) of its secret. Expired and deleted keys are absent. */
  findBySecretHash(hash: string): Promise<KeyHolder | undefined>;
  /** Creates the tenant unless it exists; returns its id. */
  ensureTenant(name: string): Promise<string>;
  /** Makes this secret the only bootstrap admin key; an earlier one is replaced. */
  ensureAdminKey(secretHash: string): Promise<void>;
  /** The same for the monitoring key. */
  ensureMonitorKey(secretHash: string): Promise<void>;
  /** Is there a valid admin key? */
  hasAdminKey(): Promise<boolean>;
  /** Adds a key; returns its id. */
  addKey(key: { role: KeyRole; tenantId: string | null; secretHash: string; expiresAt?: Date }): Promise<string>;
  tenantExists(tenantId: string): Promise<boolean>;
  /** Records when keys were last used; never moves the stored instant back. */
  recordUses(uses: readonly { keyId: string; usedAt: Date }[]): Promise<void>;
}

/** Id of the bootstrap admin key. */
export const BOOTSTRAP_KEY_ID = '00000000-0000-7000-8000-000000000001';
/** Id of the key for Prometheus and KEDA. */
const MONITOR_KEY_ID = '00000000-0000-7000-8000-000000000002';

export function createAccessStore(database: Database): AccessStore {
  const { prisma } = database;
  const guard = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw translateStoreError(error);
    }
  };
  const ensureKey = async (id: string, role: KeyRole, secretHash: string): Promise<void> => {
    await guard(
      prisma.apiKey.upsert({
        where: { id },
        update: { secretHash, deletedAt: null },
        create: { id, role, secretHash },
      }),
    );
  };
  return {
    async findBySecretHash(hash) {
      const [row] = await database.run<{ id: string; role: KeyRole; tenant_id: string | null }>(FIND, [hash]);
      return row && { keyId: row.id, role: row.role, tenantId: row.tenant_id };
    },
    async ensureTenant(name) {
      const tenant = await guard(
        prisma.tenant.upsert({ where: { name }, update: {}, create: { id: newId(), name }, select: { id: true } }),
      );
      return tenant.id;
    },
    ensureAdminKey: (secretHash) => ensureKey(BOOTSTRAP_KEY_ID, 'admin', secretHash),
    hasAdminKey: async () => (await database.run(HAS_ADMIN, [])).length > 0,
    ensureMonitorKey: (secretHash) => ensureKey(MONITOR_KEY_ID, 'monitor', secretHash),
    async addKey(key) {
      const { id } = await guard(
        prisma.apiKey.create({
          data: {
            id: newId(),
            role: key.role,
            tenantId: key.tenantId,
            secretHash: key.secretHash,
            expiresAt: key.expiresAt ?? null,
          },
          select: { id: true },
        }),
      );
      return id;
    },
    async recordUses(uses) {
      await database.run(RECORD_USES, [uses.map(({ keyId }) => keyId), uses.map(({ usedAt }) => usedAt)]);
    },
    async tenantExists(tenantId) {
      return (await guard(prisma.tenant.count({ where: { id: tenantId, deletedAt: null } }))) > 0;
    },
  };
}
