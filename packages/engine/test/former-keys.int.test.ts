import { CreateTask } from '@pressroom/contracts';
import { createAdmissionStore, createSubmitStore } from '@pressroom/db';
import { silentLogger, systemClock } from '@pressroom/runtime';
import { aPipeline, openTestDatabase, type OpenTestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createAdmission, createAdmittedSubmitter, createSubmitter } from '../src/index.ts';
import { openRun, type Run } from './support/a-run.ts';

describe('a task that an earlier release stored under another key format', () => {
  let db: OpenTestDatabase;
  let run: Run;
  beforeAll(async () => {
    db = await openTestDatabase();
    run = await openRun(db);
  });
  afterAll(() => db.close());

  it('is found for the same body, unlike tasks of this release', async () => {
    const tenantId = await run.scene.addTenant();
    const store = createSubmitStore(db.database);
    const log = silentLogger();
    const findPipeline = () => aPipeline();
    const submit = createAdmittedSubmitter({
      admission: createAdmission({
        store: createAdmissionStore(db.database),
        maxStorageBytes: 1e9,
        clock: systemClock,
        log,
      }),
      submit: createSubmitter({
        store,
        findPipeline,
        log,
        jobs: { add: () => Promise.resolve() },
        dispatcher: {
          requestDispatch: () => undefined,
          reserveDirectSlot: () => false,
          dispatchOnce: () => Promise.resolve(0),
          requeueStale: () => Promise.resolve(0),
          stop: () => Promise.resolve(),
        },
      }),
      store,
      findPipeline,
    });
    const send = async (idempotency: { key: string; formerKey?: string; bodyHash: string }) => {
      const task = CreateTask.parse({ type: 'article', input: { topic: 'keys' } });
      const answer = await submit({ tenantId, task, input: { topic: 'keys' }, idempotency });
      return { outcome: answer.outcome, id: 'task' in answer ? answer.task.id : undefined };
    };
    const former = await send({ key: 'zz#0', bodyHash: 'a' });
    await db.sql(`UPDATE task SET created_at = created_at - interval '1 day' WHERE id = $1`, [former.id]);
    const now = { key: 'key zz#0', formerKey: 'zz#0' };
    expect(await send({ ...now, bodyHash: 'a' })).toEqual({ outcome: 'replayed', id: former.id });
    const other = await send({ ...now, bodyHash: 'b' });
    expect(other.outcome).toBe('accepted');
    expect(await send({ ...now, bodyHash: 'b' })).toEqual({ outcome: 'replayed', id: other.id });
    expect(await send({ ...now, bodyHash: 'c' })).toMatchObject({ outcome: 'conflict' });

    const ofBulk = await send({ key: 'yy#0', bodyHash: 'a' });
    const single = await send({ key: 'key yy#0', formerKey: 'yy#0', bodyHash: 'a' });
    expect(single.outcome).toBe('accepted');
    expect(single.id).not.toBe(ofBulk.id);
  });
});
