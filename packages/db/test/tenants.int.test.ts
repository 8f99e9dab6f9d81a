import { openScene, openTestDatabase, type OpenTestDatabase, type Scene } from '@pressroom/testkit';
import { newId } from '@pressroom/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  createAccessStore,
  createAdmissionStore,
  createAuditStore,
  createTenantStore,
  type AdmissionStore,
  type TenantStore,
} from '../src/index.ts';
import { everyPage, NO_PAGE, WHOLE } from './support/every-page.ts';

const ADMIN = { keyId: 'admin-key', role: 'admin' } as const;
const LIMITS = {
  weight: 1,
  maxConcurrency: null,
  rateLimitPerMinute: null,
  maxBacklog: 10_000,
  styleGuide: null,
  maxStorageBytes: null,
};

type NewKeyFacts = Parameters<ReturnType<typeof createTenantStore>['addKey']>[1];
const aKey = (facts: Partial<NewKeyFacts> & Pick<NewKeyFacts, 'role' | 'secretHash'>): NewKeyFacts => ({
  name: null,
  prefix: 'pr_abcdef',
  expiresAt: null,
  ...facts,
});

describe('tenants', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let tenants: TenantStore;
  let admission: AdmissionStore;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
    tenants = createTenantStore(db.database);
    admission = createAdmissionStore(db.database);
  });
  afterAll(() => db.close());

  const add = async (facts: Partial<Parameters<TenantStore['create']>[0]> = {}) => {
    const tenant = await tenants.create({ name: `tenant ${newId()}`, ...LIMITS, ...facts }, ADMIN);
    if (typeof tenant === 'string') throw new Error(tenant);
    return tenant;
  };

  it('are stored as created, and updated by the given members', async () => {
    const tenant = await add({ name: 'Acme', maxConcurrency: 4, styleGuide: 'Say people.' });
    expect(await tenants.get(tenant.id)).toEqual(tenant);
    expect((await tenants.list(WHOLE)).items).toContainEqual(tenant);
    const changed = await tenants.update(tenant.id, { weight: 5, maxConcurrency: null }, ADMIN);
    expect(changed).toEqual({ ...tenant, weight: 5, maxConcurrency: null });
    expect(await tenants.update(newId(), { weight: 2 }, ADMIN)).toBe('not_found');
  });

  it('and their keys are listed in pages without gaps or repeats', async () => {
    const made = [];
    for (let n = 0; n < 7; n += 1) made.push(await add({ name: `paged ${'äbc"_%'.slice(n % 6)} ${n}` }));
    const owner = made[0]?.id ?? '';
    const keys = [];
    for (let n = 0; n < 5; n += 1) {
      const key = aKey({ role: 'view', secretHash: `${n}paged`.padEnd(64, '0') });
      keys.push((await tenants.addKey(owner, key, ADMIN))?.id);
    }
    const seen = await everyPage((page) => tenants.list(page), 2);
    expect(seen.filter(({ name }) => name.startsWith('paged')).map(({ id }) => id)).toHaveLength(7);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    const listed = await everyPage(async (page) => (await tenants.keys(owner, page)) ?? NO_PAGE, 2);
    expect(listed.map(({ id }) => id)).toEqual(keys);
    await expect(tenants.list({ cursor: 'bm9uc2Vuc2U', limit: 2 })).rejects.toThrow('cursor');
  });

  it('have unique names under concurrent creation', async () => {
    const made = await Promise.all([1, 2, 3].map(() => tenants.create({ ...LIMITS, name: 'Twice' }, ADMIN)));
    expect(made.filter((each) => each === 'name_taken')).toHaveLength(2);
    const other = await add();
    expect(await tenants.update(other.id, { name: 'Twice' }, ADMIN)).toBe('name_taken');
  });

  it('take effect on dispatch at once', async () => {
    const tenant = await add();
    await tenants.update(tenant.id, { weight: 7, maxConcurrency: 2 }, ADMIN);
    expect(await db.sql('SELECT weight, max_concurrency FROM tenant WHERE id = $1', [tenant.id])).toEqual([
      { weight: 7, max_concurrency: 2 },
    ]);
  });

  it('have keys that are valid until they expire or are deleted', async () => {
    const access = createAccessStore(db.database);
    const tenant = await add();
    const hash = (n: number) => String(n).repeat(64);
    const key = await tenants.addKey(tenant.id, aKey({ role: 'submit', secretHash: hash(1) }), ADMIN);
    const expired = aKey({ role: 'view', secretHash: hash(2), expiresAt: new Date(Date.parse('2020-01-01')) });
    await tenants.addKey(tenant.id, expired, ADMIN);
    expect(await access.findBySecretHash(hash(1))).toEqual({ keyId: key?.id, role: 'submit', tenantId: tenant.id });
    expect(await access.findBySecretHash(hash(2))).toBeUndefined();
    expect((await tenants.keys(tenant.id, WHOLE))?.items).toHaveLength(2);
    expect(await tenants.removeKey((await add()).id, key?.id ?? '', ADMIN)).toBe(false);
    expect(await tenants.removeKey(tenant.id, key?.id ?? '', ADMIN)).toBe(true);
    expect(await tenants.removeKey(tenant.id, key?.id ?? '', ADMIN)).toBe(false);
    expect(await access.findBySecretHash(hash(1))).toBeUndefined();
    expect((await tenants.keys(tenant.id, WHOLE))?.items).toHaveLength(1);
    expect(await tenants.addKey(newId(), aKey({ role: 'view', secretHash: hash(3) }), ADMIN)).toBeUndefined();
    const { items } = await createAuditStore(db.database).list(
      { tenantId: tenant.id },
      { cursor: undefined, limit: 10 },
    );
    expect(items.map(({ action }) => action)).toEqual(['key.delete', 'key.create', 'key.create', 'tenant.create']);
    expect(JSON.stringify(items)).not.toContain(hash(1));
  });

  it('have keys with a name, a prefix and the last use, which never moves back', async () => {
    const access = createAccessStore(db.database);
    const tenant = await add();
    const named = await tenants.addKey(
      tenant.id,
      aKey({ role: 'view', secretHash: 'c'.repeat(64), name: 'Newsroom' }),
      ADMIN,
    );
    expect(named).toMatchObject({ name: 'Newsroom', prefix: 'pr_abcdef', lastUsedAt: null });
    const unused = await tenants.addKey(tenant.id, aKey({ role: 'view', secretHash: 'd'.repeat(64) }), ADMIN);
    const use = (usedAt: string) => access.recordUses([{ keyId: named?.id ?? '', usedAt: new Date(usedAt) }]);
    await use('2026-03-01T10:00:00Z');
    await use('2026-03-01T09:00:00Z');
    expect(
      (await tenants.keys(tenant.id, WHOLE))?.items.map(({ id, name, lastUsedAt }) => [id, name, lastUsedAt]),
    ).toEqual([
      [named?.id, 'Newsroom', '2026-03-01T10:00:00.000Z'],
      [unused?.id, null, null],
    ]);
  });

  it('are not required for keys of the installation, of which the bootstrap key stays', async () => {
    const access = createAccessStore(db.database);
    await access.ensureAdminKey('a'.repeat(64));
    const monitor = await tenants.addKey(null, aKey({ role: 'monitor', secretHash: 'b'.repeat(64) }), ADMIN);
    expect(await access.findBySecretHash('b'.repeat(64))).toEqual({
      keyId: monitor?.id,
      role: 'monitor',
      tenantId: null,
    });
    expect((await tenants.keys(null, WHOLE))?.items.map(({ id }) => id)).toEqual([monitor?.id]);
    const first = await access.findBySecretHash('a'.repeat(64));
    expect(await tenants.removeKey(null, first?.keyId ?? '', ADMIN)).toBe(false);
    expect(await tenants.removeKey(null, monitor?.id ?? '', ADMIN)).toBe(true);
    expect(await access.findBySecretHash('b'.repeat(64))).toBeUndefined();
  });

  describe('admission', () => {
    it('counts open tasks up to the limit', async () => {
      const tenant = await add({ maxBacklog: 2 });
      for (let n = 0; n < 5; n += 1) await scene.submit({ tenantId: tenant.id });
      expect(await admission.facts(tenant.id)).toMatchObject({ openTasks: 3, maxBacklog: 2, rateLimitPerMinute: null });
      await db.sql('UPDATE task SET finished_at = now() WHERE tenant_id = $1', [tenant.id]);
      expect(await admission.facts(tenant.id)).toMatchObject({ openTasks: 0 });
      expect(await admission.facts(newId())).toBeUndefined();
    });

    it('shares one bucket among all coordinators, filled at the tenant’s rate', async () => {
      const tenant = await add({ rateLimitPerMinute: 60 });
      const takes = await Promise.all(Array.from({ length: 20 }, () => admission.takeSubmissions(tenant.id, 3)));
      const taken = takes.reduce((sum, each) => sum + each.taken, 0);
      expect(taken).toBeGreaterThanOrEqual(10);
      expect(taken).toBeLessThanOrEqual(12);
      const empty = await admission.takeSubmissions(tenant.id, 1);
      expect(empty.taken === 0 ? empty.waitMs : 1).toBeGreaterThan(0);
      expect(empty.waitMs).toBeLessThanOrEqual(1_000);
      await db.sql(`UPDATE tenant_rate SET at = at - interval '5 seconds' WHERE tenant_id = $1`, [tenant.id]);
      const later = await admission.takeSubmissions(tenant.id, 100);
      expect([5, 6]).toContain(later.taken);
    });

    it('holds at most ten seconds’ worth after any idle time', async () => {
      const tenant = await add({ rateLimitPerMinute: 600 });
      await admission.takeSubmissions(tenant.id, 1);
      await db.sql(`UPDATE tenant_rate SET at = at - interval '1 day' WHERE tenant_id = $1`, [tenant.id]);
      expect(await admission.takeSubmissions(tenant.id, 10_000)).toMatchObject({ taken: 100 });
    });

    it('admits single submissions at the lowest rate', async () => {
      const tenant = await add({ rateLimitPerMinute: 1 });
      expect(await admission.takeSubmissions(tenant.id, 5)).toMatchObject({ taken: 1 });
      const { taken, waitMs } = await admission.takeSubmissions(tenant.id, 5);
      expect(taken).toBe(0);
      expect(waitMs).toBeGreaterThan(59_000);
    });

    it('does not limit a tenant without a rate', async () => {
      expect(await admission.takeSubmissions((await add()).id, 500)).toEqual({ taken: 500, waitMs: 0 });
    });
  });
});
