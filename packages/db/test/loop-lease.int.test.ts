import { newId } from '@pressroom/runtime';
import { openTestDatabase, until, type OpenTestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createLoopLeaseStore, type LoopLeaseStore } from '../src/index.ts';

describe('loop leases', () => {
  let db: OpenTestDatabase;
  let leases: LoopLeaseStore;

  beforeAll(async () => {
    db = await openTestDatabase();
    leases = createLoopLeaseStore(db.database);
  });
  afterAll(() => db.close());

  const fenceOf = async (name: string) =>
    Number((await db.sql<{ fence: string }>('SELECT fence FROM loop_lease WHERE name = $1', [name]))[0]?.fence);

  it('have one holder under concurrent requests', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => leases.take('one', newId(), 60_000)));
    expect(answers.filter((taken) => taken)).toHaveLength(1);
  });

  it('are renewed by their holder without a new fence', async () => {
    const holder = newId();
    expect(await leases.take('renewed', holder, 60_000)).toBe(true);
    expect(await leases.take('renewed', holder, 60_000)).toBe(true);
    expect(await leases.take('renewed', newId(), 60_000)).toBe(false);
    expect(await fenceOf('renewed')).toBe(1);
  });

  it('pass to the next holder, with a higher fence, when the holder stops', async () => {
    const [stopped, next] = [newId(), newId()];
    await leases.take('stopped', stopped, 30);
    await until(() => leases.take('stopped', next, 60_000));
    expect(await fenceOf('stopped')).toBe(2);
    expect(await leases.take('stopped', stopped, 60_000)).toBe(false);
  });

  it('are free at once when their holder releases them, without affecting others', async () => {
    const [leaving, staying] = [newId(), newId()];
    await leases.take('left', leaving, 60_000);
    await leases.take('kept', staying, 60_000);
    await leases.releaseAll(leaving);
    expect(await leases.take('left', newId(), 60_000)).toBe(true);
    expect(await leases.take('kept', newId(), 60_000)).toBe(false);
  });
});
