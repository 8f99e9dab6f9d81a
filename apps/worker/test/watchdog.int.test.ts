import type { ExecuteAttempt } from '@pressroom/engine';
import type { QueueBackend } from '@pressroom/queue';
import { hasTestRedis, until } from '@pressroom/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { startTestFleet, type TestFleet } from './support/start-test-fleet.ts';

const execute: ExecuteAttempt = (attempt) =>
  Promise.resolve({
    outcome: 'done',
    output: { step: attempt.key },
    limitations: [],
    degraded: false,
    costNano: 0n,
    avoided: [],
  });
/** The production settings at a hundred times the speed; steps are swept after 3 s. */
const watchdog = { limits: { stuckAfterMs: 1_000, confirmMs: 200, graceMs: 1_500 }, checkMs: 50 };
const KINDS = hasTestRedis() ? (['postgres', 'redis'] as const) : (['postgres'] as const);

/** A queue store whose first `perQueue` consumers of each queue receive no jobs and no errors. */
function withSilentConsumers(backend: QueueBackend, perQueue: number): QueueBackend {
  const opened = new Map<string, number>();
  return {
    ...backend,
    get idleWaitMs() {
      return 200;
    },
    openWorker(name, timing) {
      const worker = backend.openWorker(name, timing);
      const count = (opened.get(name) ?? 0) + 1;
      opened.set(name, count);
      if (count > perQueue) return worker;
      const silent = worker.getBackend();
      silent.moveToActive = () => Promise.resolve([null, '', 0, 0] as never);
      silent.waitForJob = () => new Promise((resolve) => setTimeout(resolve, 200, null));
      worker.getBackend = () => silent;
      return worker;
    },
  };
}

describe.each(KINDS)('a worker whose consumer receives no jobs, on %s', (kind) => {
  let fleet: TestFleet;
  beforeEach(async () => {
    fleet = await startTestFleet(kind);
  });
  afterEach(() => fleet.close());

  const completed = async (): Promise<number> =>
    (await fleet.sql<{ n: number }>(`SELECT count(*)::int AS n FROM task WHERE status = 'completed'`))[0]?.n ?? 0;

  it('restarts the consumer and recovers', async () => {
    const worker = await fleet.startWorker({
      execute,
      watchdog,
      openBackend: () => withSilentConsumers(fleet.openBackend(), 1),
    });
    await fleet.submit({ enqueueImmediately: false });
    await until(async () => (await completed()) === 1, { timeoutMs: 10_000 });
    expect((await worker.metrics.serve()).text).toContain('pressroom_consumer_restarts_total 1');
    await fleet.submit({ enqueueImmediately: false });
    await until(async () => (await completed()) === 2);
    expect(await worker.terminate()).toBe(0);
  });

  it('exits with an error when a restart does not help', async () => {
    const worker = await fleet.startWorker({
      execute,
      watchdog,
      openBackend: () => withSilentConsumers(fleet.openBackend(), 9),
    });
    await fleet.submit({ enqueueImmediately: false });
    expect(await worker.exited).toBe(1);
    expect(await completed()).toBe(0);
  });

  it('does not restart it while no work waits, or while another worker claims it', async () => {
    const idle = await fleet.startWorker({
      execute,
      watchdog,
      openBackend: () => withSilentConsumers(fleet.openBackend(), 9),
    });
    await fleet.startWorker({ execute });
    for (let n = 1; n <= 6; n += 1) {
      await fleet.submit({ enqueueImmediately: false });
      await until(async () => (await completed()) === n);
    }
    expect((await idle.metrics.serve()).text).toContain('pressroom_consumer_restarts_total 0');
    expect(await idle.terminate()).toBe(0);
  });

  it('does not restart it while its queue is paused', async () => {
    const worker = await fleet.startWorker({ execute, watchdog });
    await fleet.sql(`INSERT INTO queue_state (name, paused, changed_by) VALUES ('write.interactive', true, 'test')`);
    const task = await fleet.submit();
    await fleet.sql(`UPDATE step SET queued_at = now() - interval '60 s' WHERE task_id = $1`, [task.id]);
    const startedAt = new Date().toISOString();
    const untilHeartbeats = (count: number) =>
      until(
        async () =>
          (
            await fleet.sql(
              `SELECT 1 FROM worker_session WHERE last_seen_at > $1::timestamptz + $2 * interval '500 ms'`,
              [startedAt, count],
            )
          )[0],
      );
    // Twenty checks of the watchdog.
    await untilHeartbeats(2);
    expect((await worker.metrics.serve()).text).toContain('pressroom_consumer_restarts_total 0');
    await fleet.sql(`UPDATE queue_state SET paused = false`);
    await until(async () => (await completed()) === 1, { timeoutMs: 10_000 });
  });
});
