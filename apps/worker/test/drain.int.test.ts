import type { AttemptResult, ExecuteAttempt } from '@pressroom/engine';
import { aChain, hasTestRedis, until } from '@pressroom/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { startTestFleet, type TestFleet, type TestWorker } from './support/start-test-fleet.ts';

const done = (step: string): AttemptResult => ({
  outcome: 'done',
  output: { step },
  limitations: [],
  degraded: false,
  costNano: 0n,
  avoided: [],
});
const atOnce: ExecuteAttempt = (attempt) => Promise.resolve(done(attempt.key));
const KINDS = hasTestRedis() ? (['postgres', 'redis'] as const) : (['postgres'] as const);

describe.each(KINDS)('a worker that is shut down, on %s', (kind) => {
  let fleet: TestFleet;
  beforeEach(async () => {
    fleet = await startTestFleet(kind);
  });
  afterEach(() => fleet.close());

  const untilAll = (status: string, count: number) =>
    until(
      async () =>
        (await fleet.sql<{ n: number }>(`SELECT count(*)::int AS n FROM task WHERE status = $1`, [status]))[0]?.n ===
        count,
      { timeoutMs: 15_000, describe: `${count} tasks ${status}` },
    );
  const outcomes = async () =>
    (await fleet.sql<{ outcome: string }>(`SELECT outcome FROM attempt ORDER BY attempt, finished_at`)).map(
      ({ outcome }) => outcome,
    );

  it('finishes running attempts, claims no others, and exits with 0', async () => {
    const running = Promise.withResolvers<undefined>();
    const gate = Promise.withResolvers<undefined>();
    const seen: string[] = [];
    const worker = await fleet.startWorker({
      execute: async (attempt) => {
        seen.push(attempt.key);
        running.resolve(undefined);
        await gate.promise;
        return done(attempt.key);
      },
    });
    await fleet.submit({ enqueueImmediately: false, steps: aChain('first', 'second') });
    await running.promise;
    const ended = worker.terminate();
    await fleet.submit({ enqueueImmediately: false, steps: aChain('other') });
    gate.resolve(undefined);
    expect(await ended).toBe(0);
    expect(seen).toEqual(['first']);
    expect(await outcomes()).toEqual(['completed']);
    await fleet.startWorker({ execute: atOnce });
    await untilAll('completed', 2);
    expect(await outcomes()).toEqual(['completed', 'completed', 'completed']);
  });

  it('hands back attempts that do not end in time, which another worker continues immediately without counting a failure', async () => {
    const running = Promise.withResolvers<undefined>();
    const leaving = await fleet.startWorker({
      drainMs: 200,
      execute: (_attempt, { signal }) =>
        new Promise((_resolve, reject) => {
          running.resolve(undefined);
          signal.addEventListener('abort', () => {
            reject(signal.reason as Error);
          });
        }),
    });
    const task = await fleet.submit({ enqueueImmediately: false });
    await running.promise;
    await fleet.startWorker({ execute: atOnce });
    const fromMs = performance.now();
    const [code] = await Promise.all([leaving.terminate(), untilAll('completed', 1)]);
    expect(code).toBe(0);
    // The drain's deadline plus a moment: much less than the interval of the sweep for lost jobs.
    expect(performance.now() - fromMs).toBeLessThan(2_000);
    expect(await outcomes()).toEqual(['handed_back', 'completed']);
    expect(await fleet.sql(`SELECT failures, losses FROM step WHERE task_id = $1`, [task.id])).toEqual([
      { failures: 0, losses: 0 },
    ]);
  });

  it('hands back attempts that ignore the signal, and still exits with 0', async () => {
    const running = Promise.withResolvers<undefined>();
    const leaving = await fleet.startWorker({
      drainMs: 100,
      execute: () => {
        running.resolve(undefined);
        return new Promise(() => undefined);
      },
    });
    await fleet.submit({ enqueueImmediately: false });
    await running.promise;
    expect(await leaving.terminate()).toBe(0);
    await fleet.startWorker({ execute: atOnce });
    await untilAll('completed', 1);
    expect(await outcomes()).toEqual(['handed_back', 'completed']);
  });

  it('loses, repeats and delays no attempt during a rolling replacement under load', async () => {
    const TASKS = 120;
    const finished = new Map<string, number>();
    const execute: ExecuteAttempt = async (attempt) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      finished.set(attempt.stepId, (finished.get(attempt.stepId) ?? 0) + 1);
      return done(attempt.key);
    };
    const start = () => fleet.startWorker({ execute, concurrency: 4 });
    let serving: TestWorker[] = await Promise.all([start(), start()]);
    const submitted = (async () => {
      for (let n = 0; n < TASKS; n += 1)
        await fleet.submit({ enqueueImmediately: false, steps: aChain('a', 'b', 'c') });
    })();
    const codes: number[] = [];
    for (let round = 0; round < 6; round += 1) {
      const [oldest, ...others] = serving;
      if (!oldest) throw new Error('no worker is running');
      const next = await start();
      codes.push(await oldest.terminate());
      serving = [...others, next];
    }
    await submitted;
    await untilAll('completed', TASKS);

    expect(codes).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...finished.values()].filter((count) => count !== 1)).toEqual([]);
    expect(finished.size).toBe(3 * TASKS);
    const counted = await fleet.sql(`SELECT outcome, count(*)::int AS n FROM attempt GROUP BY 1 ORDER BY 1`);
    expect(counted.filter(({ outcome }) => outcome !== 'handed_back')).toEqual([
      { outcome: 'completed', n: 3 * TASKS },
    ]);
    // A dropped job would have waited for the sweep of lost jobs, for at least three seconds.
    const [slowest] = await fleet.sql<{ ms: number }>(
      `SELECT max(extract(epoch FROM started_at - queued_at) * 1000)::float8 AS ms FROM step`,
    );
    expect(slowest?.ms).toBeLessThan(2_500);
  });
});
