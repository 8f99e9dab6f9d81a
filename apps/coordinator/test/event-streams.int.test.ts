import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createAccessStore } from '@pressroom/db';
import { sha256Hex } from '@pressroom/runtime';
import { openScene, openTestDatabase, until, type OpenTestDatabase, type Scene } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ADMIN_KEY, startTestCoordinator, type TestCoordinator } from './support/start-coordinator.ts';

const STREAMS = 60;
const HEARTBEATS = 10;
const TENANT_KEY = 'the-key-of-one-tenant';

describe('quiet event streams', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let coordinator: TestCoordinator;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
    await createAccessStore(db.database).addKey({
      role: 'view',
      tenantId: scene.tenantId,
      secretHash: sha256Hex(TENANT_KEY),
    });
  });
  afterAll(() => db.close());

  const watch = async (taskId: string, key: string, signal: AbortSignal) => {
    const response = await fetch(`${coordinator.url}/v1/tasks/${taskId}/events`, {
      signal,
      headers: { Authorization: `Bearer ${key}`, Accept: 'text/event-stream' },
    });
    const seen = { keepAlives: 0 };
    const read = async (): Promise<void> => {
      if (response.body === null) return;
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream()))
        seen.keepAlives += chunk.split(': keep-alive').length - 1;
    };
    if (response.status === 200) void read().catch(() => undefined);
    return { response, seen };
  };
  /** Pages of task inputs that were read, from memory or disk; complete once the connections that read them have ended. */
  const inputPagesRead = async (): Promise<number> => {
    const [row] = await db.sql<{ pages: number }>(
      `SELECT (toast_blks_hit + toast_blks_read)::int AS pages FROM pg_statio_user_tables WHERE relname = 'task'`,
    );
    return row?.pages ?? 0;
  };
  const connectionsEnded = () =>
    until(
      async () =>
        (
          await db.sql(
            `SELECT 1 FROM pg_stat_activity WHERE application_name = 'pressroom-coordinator' AND datname = current_database()`,
          )
        ).length === 0,
    );

  it('never read the input of their task', { timeout: 60_000 }, async () => {
    // Random text does not compress: 800 kB are some 400 pages outside the row.
    const noise = Array.from({ length: 25_000 }, () => crypto.randomUUID()).join('');
    const task = await scene.submit({ input: { topic: 'x', sources: [{ text: noise.slice(0, 800_000) }] } });
    coordinator = await startTestCoordinator(db.url, { heartbeatMs: 50 });
    const leave = new AbortController();
    const streams = await Promise.all(Array.from({ length: STREAMS }, () => watch(task.id, ADMIN_KEY, leave.signal)));
    await until(() => streams.every(({ seen }) => seen.keepAlives >= HEARTBEATS), { timeoutMs: 30_000 });
    leave.abort();
    await coordinator.stop();
    await connectionsEnded();
    // One read of the input alone takes hundreds.
    expect(await inputPagesRead()).toBeLessThan(600);
  });

  it('are limited by key and by tenant, and one that closes makes room', { timeout: 30_000 }, async () => {
    const config = JSON.stringify({ limits: { openStreams: { process: 100, tenant: 3, key: 2 } } });
    const file = join(mkdtempSync(join(tmpdir(), 'pressroom-streams-')), 'config.json');
    writeFileSync(file, config);
    coordinator = await startTestCoordinator(db.url, { env: { PRESSROOM_CONFIG: file } });
    const task = await scene.submit();
    const leave = [new AbortController(), new AbortController()];
    for (const { signal } of leave) expect((await watch(task.id, TENANT_KEY, signal)).response.status).toBe(200);
    const never = new AbortController();
    const refused = await watch(task.id, TENANT_KEY, never.signal);
    expect(refused.response.status).toBe(429);
    expect(await refused.response.json()).toMatchObject({
      code: 'CONCURRENCY_LIMITED',
      detail:
        'the key has reached its limit of 2 open event streams: close streams that have no reader, then try again',
      limit: { name: 'openStreams', scope: 'key', value: 2 },
    });
    leave[0]?.abort();
    await until(async () => (await watch(task.id, TENANT_KEY, never.signal)).response.status === 200);
    leave[1]?.abort();
    never.abort();
    await coordinator.stop();
  });
});
