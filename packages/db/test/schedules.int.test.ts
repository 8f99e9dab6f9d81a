import { newId } from '@pressroom/runtime';
import { openScene, openTestDatabase, type OpenTestDatabase, type Scene } from '@pressroom/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createScheduleStore, type DueSchedule, type NewSchedule, type ScheduleStore } from '../src/index.ts';
import { everyPage, WHOLE } from './support/every-page.ts';

const ACTOR = { keyId: 'key-1', role: 'submit' } as const;
const PAST = new Date(Date.parse('2026-01-01T00:00:00Z'));
const FUTURE = new Date(Date.parse('2099-01-01T00:00:00Z'));

const MAX_SCHEDULES = 1_000;

describe('schedules', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let store: ScheduleStore;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
    store = createScheduleStore(db.database);
  });
  beforeEach(() => db.sql('TRUNCATE schedule'));
  afterAll(() => db.close());

  const add = async (facts: Partial<NewSchedule> = {}) => {
    const schedule = await store.create(
      {
        tenantId: scene.tenantId,
        name: `schedule ${newId()}`,
        cron: '0 6 * * *',
        timeZone: 'UTC',
        task: { type: 'article' },
        enabled: true,
        overlap: 'allow',
        nextFireAt: PAST,
        ...facts,
      },
      ACTOR,
      MAX_SCHEDULES,
    );
    if (typeof schedule === 'string') throw new Error(schedule);
    return schedule;
  };
  const due = async (): Promise<DueSchedule> => {
    const [schedule] = await store.due(10);
    if (!schedule) throw new Error('nothing is due');
    return schedule;
  };
  const fired = { fireAt: PAST, outcome: 'submitted', taskId: newId(), error: null, nextFireAt: FUTURE } as const;

  it('are stored, listed by name, and removed', async () => {
    const second = await add({ name: 'b' });
    const first = await add({ name: 'a', task: { type: 'brief', input: { x: [1] } } });
    expect((await store.list(scene.tenantId, WHOLE)).items).toEqual([first, second]);
    expect(await store.get(first.id, null)).toEqual(first);
    expect(await store.remove(first.id, scene.tenantId, ACTOR)).toBe(true);
    expect(await store.remove(first.id, scene.tenantId, ACTOR)).toBe(false);
  });

  it('are listed in pages without gaps or repeats, over all tenants', async () => {
    const other = await scene.addTenant();
    const names = ['ä', 'a b', '"', '_', 'Z', '%', 'z'];
    for (const name of names) for (const tenantId of [scene.tenantId, other]) await add({ name, tenantId });
    const own = await everyPage((page) => store.list(other, page), 3);
    expect(own.map(({ name }) => name).sort()).toEqual([...names].sort());
    const all = await everyPage((page) => store.list(null, page), 3);
    expect(new Set(all.map(({ id }) => id)).size).toBe(2 * names.length);
    await expect(store.list(null, { cursor: 'bm9uc2Vuc2U', limit: 3 })).rejects.toThrow('cursor');
  });

  it('end a page early when their tasks are large', async () => {
    const task = { type: 'article', input: { text: 'x'.repeat(1_500_000) } };
    for (let n = 0; n < 6; n += 1) await add({ name: `large ${n}`, task });
    const first = await store.list(null, { cursor: undefined, limit: 200 });
    expect(first.items).toHaveLength(2);
    const all = await everyPage((page) => store.list(null, page), 200);
    expect(all.map(({ name }) => name)).toEqual([0, 1, 2, 3, 4, 5].map((n) => `large ${n}`));
  });

  it('are limited per tenant under concurrent creation', async () => {
    const other = await scene.addTenant();
    const { id: _id, ...base } = await add({ tenantId: other });
    const draft = { ...base, nextFireAt: null };
    const make = (n: number, tenantId: string) => store.create({ ...draft, tenantId, name: `many ${n}` }, ACTOR, 4);
    const made = await Promise.all(Array.from({ length: 8 }, (_, n) => make(n, other)));
    expect(made.filter((each) => each === 'limit_reached')).toHaveLength(5);
    expect(await make(9, scene.tenantId)).not.toBe('limit_reached');
  });

  it('belong to a tenant and are missing for others', async () => {
    const { id } = await add();
    const other = await scene.addTenant();
    expect(await store.get(id, other)).toBeUndefined();
    expect((await store.list(other, WHOLE)).items).toEqual([]);
    expect(await store.update(id, other, () => ({ enabled: false }), ACTOR)).toBe('not_found');
    expect(await store.remove(id, other, ACTOR)).toBe(false);
    const nowhere = {
      tenantId: newId(),
      name: 'x',
      cron: '',
      timeZone: '',
      task: {},
      enabled: true,
      overlap: 'allow',
      nextFireAt: null,
    } as const;
    expect(await store.create(nowhere, ACTOR, MAX_SCHEDULES)).toBe('unknown_tenant');
  });

  it('have unique names within a tenant', async () => {
    await add({ name: 'digest' });
    const again = {
      tenantId: scene.tenantId,
      name: 'digest',
      cron: '',
      timeZone: '',
      task: {},
      enabled: true,
      overlap: 'allow',
      nextFireAt: null,
    } as const;
    expect(await store.create(again, ACTOR, MAX_SCHEDULES)).toBe('name_taken');
    await add({ name: 'digest', tenantId: await scene.addTenant() });
    const { id } = await add();
    expect(await store.update(id, null, () => ({ name: 'digest' }), ACTOR)).toBe('name_taken');
  });

  it('are due at their time when enabled', async () => {
    const { id } = await add();
    await add({ nextFireAt: FUTURE });
    await add({ nextFireAt: null });
    await add({ enabled: false });
    expect((await store.due(10)).map((schedule) => schedule.id)).toEqual([id]);
  });

  it('advance once when several coordinators fire them', async () => {
    await add();
    const schedule = await due();
    const moved = await Promise.all([1, 2, 3].map(() => store.recordFire(schedule, fired)));
    expect(moved.filter(Boolean)).toHaveLength(1);
    expect(await store.get(schedule.id, null)).toMatchObject({
      nextFireAt: FUTURE.toISOString(),
      lastFire: { at: PAST.toISOString(), outcome: 'submitted', taskId: fired.taskId },
      error: null,
    });
    expect(await store.due(10)).toEqual([]);
  });

  it('reject a fire that was decided before a change', async () => {
    await add();
    const schedule = await due();
    await store.update(schedule.id, null, () => ({ task: { type: 'brief' } }), ACTOR);
    expect(await store.recordFire(schedule, fired)).toBe(false);
    expect(await store.get(schedule.id, null)).toMatchObject({ lastFire: null, task: { type: 'brief' } });
  });

  it('show why a fire failed or is delayed, until they are changed', async () => {
    await add();
    const schedule = await due();
    await store.recordError(schedule, { code: 'BACKLOG_FULL', message: 'full' });
    expect(await store.get(schedule.id, null)).toMatchObject({ error: { code: 'BACKLOG_FULL' } });
    expect(await store.due(10)).toHaveLength(1);
    const error = { code: 'VALIDATION_FAILED', message: 'topic' };
    await store.recordFire(schedule, { ...fired, outcome: 'failed', taskId: null, error });
    expect(await store.get(schedule.id, null)).toMatchObject({ error, lastFire: { outcome: 'failed' } });
    await store.update(schedule.id, null, () => ({ enabled: true }), ACTOR);
    expect(await store.get(schedule.id, null)).toMatchObject({ error: null });
  });

  it('report whether the task of their last fire has ended', async () => {
    const task = await scene.submit();
    await add();
    await store.recordFire(await due(), { ...fired, taskId: task.id, nextFireAt: PAST });
    expect(await due()).toMatchObject({ lastTaskOpen: true });
    await db.sql('UPDATE task SET finished_at = now() WHERE id = $1', [task.id]);
    expect(await due()).toMatchObject({ lastTaskOpen: false });
  });
});
