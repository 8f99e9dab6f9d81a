import { newId } from '@pressroom/runtime';
import { openScene, openTestDatabase, type OpenTestDatabase, type Scene } from '@pressroom/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createCacheStore, createTaskQueryStore, type CacheStore } from '../src/index.ts';

describe('cache store', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let cache: CacheStore;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
    cache = createCacheStore(db.database);
  });
  afterAll(() => db.close());
  beforeEach(() => db.sql('DELETE FROM cache_entry'));

  const aKey = (facts: Partial<{ tenantId: string; scope: string; key: string }> = {}) => ({
    tenantId: scene.tenantId,
    scope: 'component',
    key: 'a'.repeat(64),
    ...facts,
  });
  const save = (facts: Parameters<typeof aKey>[0] = {}, value: unknown = { text: 'kept' }, ttlMs = 60_000) =>
    cache.save({ ...aKey(facts), taskId: newId(), value, ttlMs });
  const count = async (): Promise<number> => Number((await db.sql('SELECT count(*) AS n FROM cache_entry'))[0]?.['n']);

  it('returns the value stored under the same key', async () => {
    await save({}, { text: 'kept \u0000 with a zero' });
    expect(await cache.find(aKey())).toMatchObject({ text: expect.stringContaining('kept') as string });
    expect(await cache.find(aKey({ key: 'b'.repeat(64) }))).toBeUndefined();
    expect(await cache.find(aKey({ scope: 'semantic' }))).toBeUndefined();
  });

  it('keeps the newest value of a key, with its own expiry', async () => {
    await save({}, 'old', 1);
    await save({}, 'new');
    expect(await cache.find(aKey())).toBe('new');
    expect(await count()).toBe(1);
  });

  it('returns no expired entries, and removes them when others are stored', async () => {
    await save({ key: 'c'.repeat(64) }, 'short', 60_000);
    await db.sql(`UPDATE cache_entry SET expires_at = now() - interval '1 ms'`);
    expect(await cache.find(aKey({ key: 'c'.repeat(64) }))).toBeUndefined();
    await save();
    expect(await count()).toBe(1);
  });

  it('never returns a reply of another tenant, for any keys', async () => {
    const tenants = [scene.tenantId, newId(), newId()];
    const use = fc.record({ tenant: fc.nat({ max: 2 }), key: fc.constantFrom('k1', 'k2'), isSave: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(use, { minLength: 1, maxLength: 15 }), async (uses) => {
        await db.sql('DELETE FROM cache_entry');
        const kept = new Map<string, string>();
        for (const { tenant, key, isSave } of uses) {
          const tenantId = tenants[tenant] ?? '';
          const name = `${tenantId} ${key}`;
          if (isSave) {
            kept.set(name, name);
            await save({ tenantId, key }, name);
          } else expect(await cache.find(aKey({ tenantId, key }))).toBe(kept.get(name));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('is deleted with the content of its task, and is not stored again', async () => {
    const task = await scene.submit();
    await cache.save({ ...aKey(), taskId: task.id, value: 'secret', ttlMs: 60_000 });
    await save({ key: 'of another task' });
    await db.sql(`UPDATE task SET status = 'completed', finished_at = now() WHERE id = $1`, [task.id]);
    expect(await createTaskQueryStore(db.database).deleteContent(task.id, scene.tenantId)).toBe('deleted');
    expect(await cache.find(aKey())).toBeUndefined();
    expect(await cache.find(aKey({ key: 'of another task' }))).toBeDefined();
    await cache.save({ ...aKey(), taskId: task.id, value: 'secret', ttlMs: 60_000 });
    expect(await cache.find(aKey())).toBeUndefined();
  });
});
