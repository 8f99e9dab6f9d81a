import { createClient, type PressroomClient } from '@pressroom/client';
import { findFreePort } from '@pressroom/runtime';
import { NO_DEFECTS } from '@pressroom/simulator';
import { hasTestRedis, until } from '@pressroom/testkit';
import { afterEach, describe, expect, it } from 'vitest';

import { sampleSources } from '../e2e/support/sources.ts';
import { startStack, type Backend, type Stack } from '../e2e/support/start-stack.ts';
import { untilEnded } from '../e2e/support/until-ended.ts';

const BACKENDS: Backend[] = hasTestRedis() ? ['postgres', 'redis'] : ['postgres'];
const anArticle = (n: number) => ({
  type: 'article',
  input: { topic: `Lighthouse number ${n}`, sources: sampleSources().slice(0, 1), sections: 2, targetWords: 200 },
});

/** Submits to any available coordinator with an idempotency key, so that a lost response creates no second task. */
async function submitAnywhere(clients: readonly PressroomClient[], n: number): Promise<string> {
  return until(
    async () => {
      for (const client of clients) {
        const accepted = await client.tasks
          .create(anArticle(n), { idempotencyKey: `rolling-${n}` })
          .catch(() => undefined);
        if (accepted) return accepted.id;
      }
      return undefined;
    },
    { timeoutMs: 20_000, describe: `a coordinator for task ${n}` },
  );
}

/** Calls of a step and path that more than one attempt completed, which are paid twice. */
const repeatedCalls = async (stack: Stack) =>
  (
    await stack.sql.query<{ step_key: string; path: string }>(
      `SELECT step_key, path FROM ledger_entry WHERE status = 'ok' AND path NOT LIKE 'tool:%'
       GROUP BY step_id, step_key, path HAVING count(DISTINCT attempt) > 1`,
    )
  ).rows;
const count = async (stack: Stack, sql: string): Promise<number> =>
  (await stack.sql.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`)).rows[0]?.n ?? NaN;

describe.each(BACKENDS)('a rolling restart, on %s', (backend) => {
  let stack: Stack;
  afterEach(async () => {
    await stack.stop();
  });

  it('of every worker and coordinator under load loses nothing and repeats nothing', async () => {
    stack = await startStack({
      backend,
      coordinators: 1,
      workers: 2,
      provider: { latencyScale: 0, defects: NO_DEFECTS },
    });
    const otherPort = await findFreePort();
    await stack.startCoordinator(otherPort);
    const clients = [stack.port, otherPort].map((port) =>
      createClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: stack.adminKey }),
    );
    const submitted: string[] = [];
    const load = { isOn: true };
    const submitting = (async () => {
      for (let n = 1; load.isOn || n <= 8; n += 1) {
        submitted.push(await submitAnywhere(clients, n));
        // A constant load without a growing backlog.
        await until(async () => (await count(stack, `task WHERE finished_at IS NULL`)) < 6, { timeoutMs: 60_000 });
      }
    })();
    await until(() => submitted.length >= 4, { timeoutMs: 30_000 });

    const codes: (number | null)[] = [];
    for (const worker of [...stack.workers]) {
      await stack.startWorker();
      worker.kill('SIGTERM');
      codes.push((await worker.exited).code);
    }
    for (const [index, coordinator] of [...stack.coordinators].entries()) {
      coordinator.kill('SIGTERM');
      codes.push((await coordinator.exited).code);
      await stack.startCoordinator(index === 0 ? stack.port : otherPort);
    }
    load.isOn = false;
    await submitting;
    for (const id of submitted) {
      expect(await untilEnded(stack, id)).toMatchObject({ status: 'completed', generation: 1, limitations: [] });
    }

    expect(codes).toEqual([0, 0, 0, 0]);
    expect(new Set(submitted).size).toBe(submitted.length);
    expect(await count(stack, 'task')).toBe(submitted.length);
    expect(await count(stack, `attempt WHERE outcome NOT IN ('completed', 'handed_back')`)).toBe(0);
    expect(await repeatedCalls(stack)).toEqual([]);
    expect(await count(stack, `ledger_entry WHERE status IN ('uncertain', 'aborted')`)).toBe(0);
    expect(await count(stack, `ledger_entry WHERE status <> 'avoided'`)).toBe(stack.provider.calls().length);
    expect(await count(stack, 'reservation')).toBe(0);
    expect(await count(stack, `step WHERE status IN ('ready', 'queued', 'running')`)).toBe(0);
  }, 240_000);

  it('without time for steps to end continues them from their journal', async () => {
    stack = await startStack({
      backend,
      workers: 1,
      provider: { latencyScale: 0, defects: NO_DEFECTS },
      env: { PRESSROOM_DRAIN: '100ms' },
    });
    // Two calls end, the others hang, so that the first step stays half done.
    stack.provider.addFaults(
      ...Array.from({ length: 40 }, (_, index) => ({ match: { nth: 3 + index }, effect: { kind: 'hang' as const } })),
    );
    const { id } = await stack.client.tasks.create({
      type: 'article',
      input: { topic: 'Lighthouses', sources: sampleSources(), sections: 3, targetWords: 400 },
    });
    await until(async () => (await count(stack, 'call')) === 2 && (await count(stack, 'reservation')) > 0, {
      timeoutMs: 30_000,
    });
    const [leaving] = stack.workers;
    await stack.startWorker();
    stack.provider.clearFaults();
    leaving?.kill('SIGTERM');
    expect(await leaving?.exited).toMatchObject({ code: 0 });
    const left = performance.now();
    await until(
      async () => (await count(stack, `step WHERE attempt > 1 AND status <> 'ready' AND status <> 'queued'`)) > 0,
    );
    // Before the sweep for lost jobs could add it.
    expect(performance.now() - left).toBeLessThan(1_500);

    expect(await untilEnded(stack, id)).toMatchObject({ status: 'completed' });
    const outcomes = await stack.sql.query(`SELECT DISTINCT outcome FROM attempt ORDER BY 1`);
    expect(outcomes.rows).toEqual([{ outcome: 'completed' }, { outcome: 'handed_back' }]);
    expect(await repeatedCalls(stack)).toEqual([]);
    expect(await count(stack, `ledger_entry WHERE status = 'avoided' AND lever = 'journal'`)).toBeGreaterThan(0);
    expect(await count(stack, `step WHERE failures > 0 OR losses > 0`)).toBe(0);
    expect(await count(stack, 'reservation')).toBe(0);
  });
});
