import { ALL_QUEUES } from '@pressroom/contracts';
import { createQueueStateStore } from '@pressroom/db';
import {
  createQueueAdmin,
  createQueueBackend,
  QueueStoreUnavailableError,
  type QueueAdmin,
  type QueueBackend,
} from '@pressroom/queue';
import { silentLogger } from '@pressroom/runtime';
import { getTestRedis, hasTestRedis, openTestDatabase, type OpenTestDatabase } from '@pressroom/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createQueueControl, type QueueControl } from '../src/index.ts';

const QUEUE = 'draft.batch';
const ADMIN = { keyId: 'admin-key', role: 'admin' } as const;
const BACKENDS = hasTestRedis() ? (['postgres', 'redis'] as const) : (['postgres'] as const);

describe.each(BACKENDS)('queue control, on %s', (kind) => {
  let db: OpenTestDatabase;
  let backend: QueueBackend;
  let admin: QueueAdmin;
  let control: QueueControl;
  let dispatchRequests = 0;

  beforeAll(async () => {
    db = await openTestDatabase();
    const log = silentLogger();
    backend =
      kind === 'redis'
        ? createQueueBackend({ kind, ...getTestRedis(), log })
        : createQueueBackend({ kind, databaseUrl: db.url, log });
    await backend.prepare();
    admin = createQueueAdmin({ backend });
  });
  afterAll(async () => {
    await admin.close();
    await backend.close();
    await db.close();
  });

  const start = (store: Pick<QueueAdmin, 'pause' | 'resume' | 'pausedAmong'> = admin): QueueControl =>
    createQueueControl({
      store: createQueueStateStore(db.database),
      admin: store,
      dispatcher: {
        requestDispatch: () => {
          dispatchRequests += 1;
        },
      },
      log: silentLogger(),
    });
  beforeEach(() => {
    control = start();
  });

  it('pauses and resumes in PostgreSQL and in the queue store, and requests a dispatch', async () => {
    await control.pause(QUEUE, ADMIN);
    expect(await control.paused()).toEqual(new Set([QUEUE]));
    expect(await admin.pausedAmong(ALL_QUEUES)).toEqual([QUEUE]);
    const before = dispatchRequests;
    await control.resume(QUEUE, ADMIN);
    expect(await control.paused()).toEqual(new Set());
    expect(await admin.pausedAmong(ALL_QUEUES)).toEqual([]);
    expect(dispatchRequests).toBe(before + 1);
  });

  it('repairs a queue store with missing or wrong pauses', async () => {
    await control.pause(QUEUE, ADMIN);
    await admin.resume(QUEUE);
    await admin.pause('outline.batch');
    await control.reconcile();
    expect(await admin.pausedAmong(ALL_QUEUES)).toEqual([QUEUE]);
    await control.resume(QUEUE, ADMIN);
  });

  it('takes effect while the queue store is unavailable', async () => {
    const away = () => Promise.reject(new QueueStoreUnavailableError('away'));
    const cut = start({ pause: away, resume: away, pausedAmong: away });
    expect(await cut.pause(QUEUE, ADMIN)).toMatchObject({ name: QUEUE, paused: true });
    expect(await control.paused()).toEqual(new Set([QUEUE]));
    await control.reconcile();
    expect(await admin.pausedAmong(ALL_QUEUES)).toEqual([QUEUE]);
    await control.resume(QUEUE, ADMIN);
  });
});
