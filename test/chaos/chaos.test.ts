import { fileURLToPath } from 'node:url';

import { seededRandom } from '@pressroom/runtime';
import { hasTestRedis, until } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import { NOTES } from '../e2e/support/notes-on-trees.ts';
import { startStack, type Backend, type Stack } from '../e2e/support/start-stack.ts';
import { NEMESES } from './support/nemeses.ts';
import { expectNothingLostNothingTwice, expectOnlyPoisonCharged } from './support/oracle.ts';
import { describeStandstill } from './support/standstill.ts';
import { startChaosStores } from './support/stores.ts';

const SHORT = process.env['CHAOS'] === 'short';
const STRIKES = SHORT ? 2 : 8;
/** Submitted before each fault, so that it affects running work: about 40 provider calls. */
const TASKS_PER_STRIKE = SHORT ? 6 : 8;
const SEED = Number(process.env['CHAOS_SEED'] ?? Math.floor(performance.timeOrigin % 1_000_000));
/** Faults of a short run: one of each kind. */
const SHORT_NEMESES = [
  'worker SIGKILL',
  'coordinator SIGKILL',
  'Redis FLUSHALL',
  'Redis demoted',
  'PostgreSQL immediate restart',
  'locked row',
  'provider 5xx storm',
  'provider resets and lies about usage',
  'poison step',
];
const BACKENDS: Backend[] = hasTestRedis() ? ['postgres', 'redis'] : ['postgres'];
const POINTS = ['reserved', 'replied', 'journaled', 'executed', 'settled', 'enqueued'] as const;
const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));

const aSmallArticle = (n: number) => ({
  type: 'article',
  input: {
    topic: `Trees in streets, part ${n}`,
    sources: [{ title: 'Notes on trees', text: NOTES }],
    sections: 2,
    targetWords: 150,
  },
  budgetUsd: '1',
});
/** Submits with idempotency keys until each is accepted; retries while a coordinator is down. */
async function submitAll(stack: Stack, count: number, first = 0): Promise<[key: string, id: string][]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index): Promise<[string, string]> => {
      const n = first + index;
      const idempotencyKey = `chaos-${n}`;
      const { id } = await until(() => stack.client.tasks.create(aSmallArticle(n), { idempotencyKey }), {
        timeoutMs: 90_000,
        everyMs: 250,
        describe: `the acceptance of task ${n}`,
      });
      return [idempotencyKey, id];
    }),
  );
}

const allEnded = (stack: Stack): Promise<unknown> =>
  until(
    async () => {
      const { rows } = await stack.sql.query<{ open: number }>(
        `SELECT (SELECT count(*) FROM task WHERE finished_at IS NULL)::int + (SELECT count(*) FROM reservation)::int AS open`,
      );
      return rows[0]?.open === 0;
    },
    { timeoutMs: 180_000, everyMs: 200, describe: 'the end of every task' },
  ).catch(async (error: unknown) => {
    throw new Error(await describeStandstill(stack), { cause: error });
  });

describe.each(BACKENDS)('under attack, on %s', (backend) => {
  const names = (SHORT ? SHORT_NEMESES : Object.keys(NEMESES)).filter(
    (name) => backend === 'redis' || !name.startsWith('Redis'),
  );

  it.each(names)(`%s: every accepted task ends once and the ledger balances (seed ${SEED})`, async (name) => {
    const random = seededRandom(SEED);
    const stores = await startChaosStores(backend);
    const stack = await startStack({
      backend,
      stores,
      coordinators: 2,
      workers: 2,
      ...(name === 'poison step' && { workerProgram: WORKER, env: { CHAOS_MAX_STALL_MS: '4000' } }),
      provider: { latencyScale: 0.1, callCapacity: 1_000_000 },
    });
    try {
      const submitting: ReturnType<typeof submitAll>[] = [];
      const struck: (readonly [string, string])[] = [];
      let workerStrikes = 0;
      for (let n = 0; n < STRIKES; n += 1) {
        // Faults occur during calls, at a moment drawn from the seed.
        const after = stack.provider.totals().all.calls + 2 + Math.floor(random() * 20);
        submitting.push(submitAll(stack, TASKS_PER_STRIKE, n * TASKS_PER_STRIKE));
        await until(() => stack.provider.totals().all.calls >= after, {
          timeoutMs: 60_000,
          describe: `${after} calls, to strike among them`,
        });
        const strike = await NEMESES[name]?.({ stack, stores, random });
        workerStrikes += strike?.workers ?? 0;
        struck.push(...(strike?.accepted ?? []));
      }
      const accepted = new Map([...(await Promise.all(submitting)).flat(), ...struck]);
      await allEnded(stack);
      await expectNothingLostNothingTwice(stack, { accepted, workerStrikes: workerStrikes + 1 });
      await expectOnlyPoisonCharged(
        stack,
        struck.map(([, id]) => id),
      );
      const done = await stack.sql.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM task WHERE status IN ('completed', 'partial')`,
      );
      expect(done.rows[0]?.n).toBeGreaterThan((STRIKES * TASKS_PER_STRIKE) / 2);
    } finally {
      await stack.stop();
      await stores.stop();
    }
  });

  it.each(SHORT ? ['journaled', 'executed'] : POINTS)(
    'a kill right after the point "%s" loses nothing and repeats nothing that was kept',
    async (point) => {
      const stores = await startChaosStores(backend);
      const stack = await startStack({
        backend,
        stores,
        workers: 0,
        workerProgram: WORKER,
        provider: { latencyScale: 0.05, callCapacity: 1_000_000 },
      });
      try {
        const tasks = SHORT ? 3 : 6;
        const victim = await stack.startWorker(
          // With free slots steps are handed off locally: only a full worker enqueues released steps.
          point === 'enqueued'
            ? { CHAOS_KILL_AT: 'enqueued:1', PRESSROOM_CONCURRENCY: '1' }
            : { CHAOS_KILL_AT: `${point}:2` },
        );
        const submitting = submitAll(stack, tasks);
        let signal: NodeJS.Signals | null | undefined;
        void victim.exited.then((end) => ({ signal } = end));
        await until(() => signal !== undefined, { timeoutMs: 60_000, describe: `the kill at "${point}"` });
        expect(signal).toBe('SIGKILL');
        await stack.startWorker();
        const accepted = new Map(await submitting);
        await allEnded(stack);
        await expectNothingLostNothingTwice(stack, { accepted, workerStrikes: 1 });
      } finally {
        await stack.stop();
        await stores.stop();
      }
    },
  );
});
