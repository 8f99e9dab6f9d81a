import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { newId } from '@pressroom/runtime';
import { openScene, openTestDatabase, until, type OpenTestDatabase, type Scene } from '@pressroom/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { startHeartbeat, type Heartbeat, type HeartbeatHandle, type HeartbeatSettings } from '../src/index.ts';

const BLOCKING = fileURLToPath(new URL('./fixtures/block-event-loop.ts', import.meta.url));

describe('the heartbeat thread', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  let heartbeat: HeartbeatHandle | undefined;
  let child: ChildProcess | undefined;

  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
  });
  afterEach(async () => {
    await heartbeat?.stop();
    child?.kill('SIGKILL');
    heartbeat = child = undefined;
  });
  afterAll(() => db.close());

  const aSetting = (sessionId: string, facts: Partial<HeartbeatSettings> = {}): HeartbeatSettings => ({
    databaseUrl: db.url,
    applicationName: 'heartbeat-test',
    sessionId,
    queues: ['write.interactive'],
    ttlMs: 5_000,
    periodMs: 50,
    stallMs: 1_000,
    maxStallMs: 30_000,
    logName: 'test',
    ...facts,
  });
  const start = (settings: HeartbeatSettings, held = [] as { stepId: string; attempt: number }[]) => {
    const seen = { renewals: [] as { sessionId: string; heartbeat: Heartbeat }[], failures: [] as string[], ended: 0 };
    heartbeat = startHeartbeat(settings, {
      state: () => ({ held, rates: {} }),
      onRenewed: (heartbeat, sessionId) => seen.renewals.push({ sessionId, heartbeat }),
      onFailed: (reason) => seen.failures.push(reason),
      onStall: () => undefined,
      onEnded: () => (seen.ended += 1),
    });
    return seen;
  };
  const lastSeen = async (sessionId: string): Promise<number> =>
    Number(
      (
        await db.sql<{ ms: string }>(
          `SELECT extract(epoch FROM last_seen_at) * 1000 AS ms FROM worker_session WHERE id = $1`,
          [sessionId],
        )
      )[0]?.ms,
    );

  it('renews the session and reports which of the held attempts are lost', async () => {
    const { sessionId, attempt } = await scene.running();
    const gone = { stepId: newId(), attempt: 1 };
    const { renewals } = start(aSetting(sessionId), [{ stepId: attempt.stepId, attempt: 1 }, gone]);
    await until(() => renewals.length >= 2);
    expect(renewals[1]).toMatchObject({ sessionId, heartbeat: { alive: true, lost: [gone], orphans: [] } });
    expect(await db.sql(`SELECT active FROM worker_session WHERE id = $1`, [sessionId])).toEqual([{ active: 2 }]);
  });

  it('stops renewing an ended session, and renews the next one once it is given', async () => {
    const { renewals } = start(aSetting(newId()));
    await until(() => renewals.length > 0);
    expect(renewals[0]?.heartbeat.alive).toBe(false);
    const next = await scene.addSession();
    heartbeat?.renew(next);
    await until(() => renewals.length > 1);
    expect(renewals[1]).toMatchObject({ sessionId: next, heartbeat: { alive: true } });
  });

  it('reconnects after its connection was terminated', async () => {
    const sessionId = await scene.addSession();
    const { renewals, failures, ...seen } = start(aSetting(sessionId));
    await until(() => renewals.length > 0);
    await db.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'heartbeat-test'`);
    const before = renewals.length;
    await until(() => renewals.length > before + 2);
    expect(failures.length).toBeLessThanOrEqual(1);
    expect(seen.ended).toBe(0);
  });

  it('stops at once and closes its connection', async () => {
    const sessionId = await scene.addSession();
    const { renewals, ...seen } = start(aSetting(sessionId));
    await until(() => renewals.length > 0);
    await heartbeat?.stop();
    expect(await db.sql(`SELECT 1 FROM pg_stat_activity WHERE application_name = 'heartbeat-test'`)).toEqual([]);
    expect(seen.ended).toBe(0);
  });

  const run = (settings: HeartbeatSettings, blockMs: number | null) => {
    const out = { stdout: '', stderr: '' };
    child = spawn(process.execPath, [BLOCKING, JSON.stringify({ settings, blockMs })]);
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (out.stdout += chunk));
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (out.stderr += chunk));
    return { out, exited: once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]> };
  };

  it('renews the session while the main thread is busy, and reports the stall with the attempts that ran', async () => {
    const sessionId = await scene.addSession();
    await db.sql(`UPDATE worker_session SET last_seen_at = '2000-01-01' WHERE id = $1`, [sessionId]);
    const { out } = run(aSetting(sessionId), 2_500);
    await until(async () => (await lastSeen(sessionId)) > Date.parse('2001-01-01'), { timeoutMs: 10_000 });
    const startMs = await lastSeen(sessionId);
    // Longer than the two heartbeats before the main thread blocks.
    await until(async () => (await lastSeen(sessionId)) > startMs + 1_500, { timeoutMs: 10_000 });
    expect(out.stdout).toBe('');
    await until(() => out.stdout.includes('\n'), { timeoutMs: 10_000 });
    const stall = JSON.parse(out.stdout) as { forMs: number; held: unknown[] };
    expect(stall.forMs).toBeGreaterThan(2_000);
    expect(stall.held).toEqual([{ stepId: '00000000-0000-4000-8000-000000000001', attempt: 1 }]);
  });

  it('kills a process whose main thread makes no progress, and logs the attempts that ran', async () => {
    const sessionId = await scene.addSession();
    const { out, exited } = run(aSetting(sessionId, { maxStallMs: 1_000 }), null);
    expect(await exited).toEqual([null, 'SIGKILL']);
    expect(JSON.parse(out.stderr)).toMatchObject({
      level: 60,
      name: 'test',
      msg: 'event_loop.blocked',
      sessionId,
      steps: [{ stepId: '00000000-0000-4000-8000-000000000001', attempt: 1 }],
    });
  });
});
