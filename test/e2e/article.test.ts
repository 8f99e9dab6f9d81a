import { createCatalog, calculateCost } from '@pressroom/catalog';
import { parseUsd, type TaskResult, type TaskView } from '@pressroom/contracts';
import { hasTestRedis, until } from '@pressroom/testkit';
import { afterEach, describe, expect, it } from 'vitest';

import { sampleSources } from './support/sources.ts';
import { startStack, type Backend, type Stack } from './support/start-stack.ts';

const BACKENDS: Backend[] = hasTestRedis() ? ['postgres', 'redis'] : ['postgres'];
const TARGET_WORDS = 600;

const anArticle = {
  type: 'article',
  input: { topic: 'How lighthouses changed', sources: sampleSources(), sections: 4, targetWords: TARGET_WORDS },
};

/** Bill of all requests that the provider recorded, from the catalogue's prices. */
function providerBill(stack: Stack): bigint {
  const catalog = createCatalog();
  return stack.provider.calls().reduce((sum, call) => {
    const model = catalog.require(`${call.vendor}/${call.model}`);
    return sum + calculateCost(call.billed, model, Date.parse(call.startedAt));
  }, 0n);
}

const ended = async (stack: Stack, id: string, timeoutMs = 60_000): Promise<TaskView> =>
  until(
    async () => {
      const task = await stack.client.tasks.get(id);
      return task.finishedAt === null ? undefined : task;
    },
    { timeoutMs, describe: `the end of task ${id}` },
  );

describe.each(BACKENDS)('an article task, on %s', (backend) => {
  let stack: Stack;
  afterEach(async () => {
    await stack.stop();
  });

  it('becomes a finished article whose bill is exactly what the provider reported', async () => {
    stack = await startStack({ backend, coordinators: 2, workers: 4 });
    const accepted = await stack.client.tasks.create(anArticle);
    const task = await ended(stack, accepted.id);
    expect(task).toMatchObject({ status: 'completed', generation: 1 });

    const result = await stack.client.tasks.result(accepted.id);
    expectContract(result);
    expect(result.wordCount).toBeGreaterThanOrEqual(TARGET_WORDS * 0.85);
    expect(result.wordCount).toBeLessThanOrEqual(TARGET_WORDS * 1.15);

    const calls = await stack.client.tasks.calls(accepted.id);
    expect(calls.length).toBe(stack.provider.calls().length);
    const paid = calls.reduce((sum, call) => sum + parseUsd(call.costUsd), 0n);
    expect(paid).toBe(providerBill(stack));
    expect(parseUsd(task.cost.usd)).toBe(paid);
    expect(new Set(calls.map((call) => call.tier))).toEqual(new Set(['T1', 'T2', 'T3']));

    const events: string[] = [];
    for await (const event of stack.client.tasks.events(accepted.id)) events.push(`${event.seq} ${event.type}`);
    expect(events.map((event) => Number(event.split(' ')[0]))).toEqual(events.map((_, index) => index + 1));
    expect(events.at(-1)).toContain('task.completed');
  });

  it('survives a kill of every worker: no completed call is repeated and the ledger balances', async () => {
    stack = await startStack({ backend, workers: 2, provider: { latencyScale: 0.2 } });
    const accepted = await stack.client.tasks.create(anArticle);
    await until(() => stack.provider.calls().filter((call) => call.outcome === 'ok').length >= 5, {
      timeoutMs: 30_000,
    });
    const journaledBefore = await journaledPaths(stack, accepted.id);
    for (const worker of stack.workers) worker.kill('SIGKILL');
    await Promise.all(stack.workers.map((worker) => worker.exited));
    const seenBefore = stack.provider.calls().length;
    await stack.startWorker();
    const task = await ended(stack, accepted.id);
    expect(task.status).toBe('completed');
    expectContract(await stack.client.tasks.result(accepted.id));

    const { rows } = await stack.sql.query<{ path: string; status: string; cost: string; n: number }>(
      `SELECT step_key || ' ' || path AS path, status, sum(cost_nano)::text AS cost, count(*)::int AS n
       FROM ledger_entry WHERE task_id = $1 GROUP BY 1, 2`,
      [accepted.id],
    );
    const paidAfter = new Set(rows.filter((row) => row.status === 'ok' && row.n > 1).map((row) => row.path));
    expect([...journaledBefore].filter((path) => paidAfter.has(path))).toEqual([]);

    const sum = (statuses: string[]) =>
      rows.filter((row) => statuses.includes(row.status)).reduce((total, row) => total + BigInt(row.cost), 0n);
    const settled = sum(['ok', 'failed', 'aborted', 'estimated']);
    const bill = providerBill(stack);
    expect(settled).toBeLessThanOrEqual(bill);
    expect(bill).toBeLessThanOrEqual(settled + sum(['uncertain']));
    expect(seenBefore).toBeGreaterThan(0);
    const open = await stack.sql.query(`SELECT count(*)::int AS n FROM reservation`);
    expect(open.rows[0]).toEqual({ n: 0 });
  });

  it('stops spending within a second of a cancel that another process received', async () => {
    stack = await startStack({ backend, coordinators: 2, workers: 2, provider: { latencyScale: 5 } });
    const accepted = await stack.client.tasks.create(anArticle);
    await until(async () => (await stack.sql.query(`SELECT 1 FROM reservation`)).rows.length > 0, {
      timeoutMs: 30_000,
    });
    const from = performance.now();
    await stack.client.tasks.cancel(accepted.id);
    await until(async () => (await stack.sql.query(`SELECT 1 FROM reservation`)).rows.length === 0, {
      timeoutMs: 5_000,
    });
    expect(performance.now() - from).toBeLessThan(1_500);
    const seen = stack.provider.totals().all.calls;
    const task = await stack.client.tasks.get(accepted.id);
    expect(task.status).toBe('cancelled');
    await until(async () => (await stack.client.fleet()).workers.every((worker) => worker.active === 0), {
      timeoutMs: 5_000,
    });
    expect(stack.provider.totals().all.calls).toBe(seen);
    expect(stack.provider.calls().some((call) => call.clientAborted)).toBe(true);
  });

  it('rejects a call over the task’s budget and never spends more', async () => {
    stack = await startStack({ backend, workers: 2 });
    const accepted = await stack.client.tasks.create({ ...anArticle, budgetUsd: '0.01' });
    const task = await ended(stack, accepted.id);
    expect(['partial', 'failed']).toContain(task.status);
    expect(JSON.stringify([task.limitations, task.error])).toContain('BUDGET_EXHAUSTED');
    expect(providerBill(stack)).toBeLessThanOrEqual(10_000_000n);
    expect(parseUsd(task.cost.usd)).toBe(providerBill(stack));
    const counter = await stack.sql.query(
      `SELECT reserved_nano::text AS reserved, spent_nano::text AS spent FROM budget_counter`,
    );
    expect(counter.rows).toEqual([{ reserved: '0', spent: providerBill(stack).toString() }]);
  });
});

describe('logs and metrics', () => {
  it('carry no prompt, no completion and no key', async () => {
    const stack = await startStack({ backend: 'postgres' });
    try {
      const canary = 'Zyxwvut quagga';
      const accepted = await stack.client.tasks.create({
        type: 'article',
        input: {
          topic: `${canary} topics`,
          sources: [
            {
              title: `${canary} title`,
              text: `The ${canary} source says that 42 quaggas live in Bergen. It was founded in 1923.`.repeat(12),
            },
          ],
          sections: 2,
          targetWords: 200,
        },
      });
      await ended(stack, accepted.id);
      const metrics = await fetch(`${stack.url}/metrics`, { headers: { authorization: `Bearer ${stack.adminKey}` } });
      const written =
        [...stack.coordinators, ...stack.workers].map((process) => process.output()).join('\n') +
        (await metrics.text());
      expect(written).toContain('step.settled');
      for (const secret of ['quagga', 'canary-openai-key', 'canary-anthropic-key', stack.adminKey]) {
        expect(written.toLowerCase()).not.toContain(secret.toLowerCase());
      }
    } finally {
      await stack.stop();
    }
  });
});

function expectContract(result: TaskResult): void {
  expect(result.title).not.toBe('');
  expect(result.lead).not.toBe('');
  expect(result.sections).toHaveLength(4);
  for (const section of result.sections) {
    expect(section.heading).not.toBe('');
    expect(section.citations.length).toBeGreaterThan(0);
  }
  const known = new Set(result.sources.map((source) => source.id));
  const cited = [...result.markdown.matchAll(/\[(\d+)\]/g)].map((match) => Number(match[1]));
  expect(cited.filter((id) => !known.has(id))).toEqual([]);
  expect([...known].filter((id) => !cited.includes(id))).toEqual([]);
}

async function journaledPaths(stack: Stack, taskId: string): Promise<Set<string>> {
  const { rows } = await stack.sql.query<{ path: string }>(
    `SELECT s.key || ' ' || c.path AS path FROM call c JOIN step s ON s.id = c.step_id WHERE c.task_id = $1`,
    [taskId],
  );
  return new Set(rows.map((row) => row.path));
}
