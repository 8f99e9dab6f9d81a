import { calculateCost, createCatalog } from '@pressroom/catalog';
import type pg from 'pg';
import { expect } from 'vitest';

import type { Stack } from '../../e2e/support/start-stack.ts';

const rows = async <Row extends pg.QueryResultRow>(stack: Stack, sql: string): Promise<Row[]> =>
  (await stack.sql.query<Row>(sql)).rows;

/** Invariants after every accepted task has ended, for any faults in the meantime. */
export async function expectNothingLostNothingTwice(
  stack: Stack,
  facts: {
    /** Idempotency key → id answered by the API. */
    accepted: ReadonlyMap<string, string>;
    /** How often a worker was killed or stopped; each time its calls in flight may be repeated. */
    workerStrikes: number;
  },
): Promise<void> {
  // Exactly one outcome per generation, and every accepted task has one.
  const outcomes = await rows<{ status: string; n: number }>(
    stack,
    `SELECT status, count(*)::int AS n FROM task GROUP BY status`,
  );
  expect(outcomes.reduce((sum, row) => sum + row.n, 0)).toBe(facts.accepted.size);
  expect(outcomes.filter((row) => !['completed', 'partial', 'failed', 'cancelled'].includes(row.status))).toEqual([]);
  const tasks = await rows<{ id: string }>(stack, `SELECT id FROM task`);
  expect(new Set(tasks.map((row) => row.id))).toEqual(new Set(facts.accepted.values()));
  const endings = await rows(
    stack,
    `SELECT t.id, t.generation, count(e.seq)::int AS endings FROM task t
     LEFT JOIN task_event e ON e.task_id = t.id AND e.generation = t.generation
       AND e.type IN ('task.completed', 'task.partial', 'task.failed', 'task.cancelled')
     GROUP BY 1, 2 HAVING count(e.seq) <> 1`,
  );
  expect(endings).toEqual([]);

  // One result per step, gapless events, no reservations, no running steps.
  expect(
    await rows(
      stack,
      `SELECT step_id FROM attempt WHERE outcome = 'completed' GROUP BY step_id, generation HAVING count(*) > 1`,
    ),
  ).toEqual([]);
  expect(
    await rows(
      stack,
      `SELECT t.id FROM task t JOIN task_event e ON e.task_id = t.id GROUP BY t.id HAVING count(*) <> t.event_seq OR max(e.seq) <> t.event_seq`,
    ),
  ).toEqual([]);
  expect(await rows(stack, `SELECT id FROM reservation`)).toEqual([]);
  expect(await rows(stack, `SELECT key FROM budget_counter WHERE reserved_nano <> 0`)).toEqual([]);
  expect(await rows(stack, `SELECT id FROM step WHERE status IN ('running', 'queued', 'ready')`)).toEqual([]);
  expect(
    await rows(
      stack,
      `SELECT c.key FROM budget_counter c
       WHERE c.spent_nano <> (SELECT coalesce(sum(l.cost_nano), 0) FROM ledger_entry l WHERE 'task:' || l.task_id = c.key)
          OR c.spent_nano > c.limit_nano`,
    ),
  ).toEqual([]);

  // Every skipped or dead step has a dead letter.
  expect(
    await rows(
      stack,
      `SELECT s.id FROM step s WHERE s.status IN ('dead', 'skipped')
         AND NOT EXISTS (SELECT 1 FROM dead_letter d WHERE d.step_id = s.id)`,
    ),
  ).toEqual([]);

  await expectBooksClose(stack);

  // A call with a journalled reply is not repeated; only calls in flight at a fault may be.
  const repeated = await rows<{ n: number }>(
    stack,
    `SELECT step_key, path, array_agg(purpose || ' ' || model || ' of attempt ' || attempt) AS calls,
       count(*)::int - 1 AS n
     FROM ledger_entry WHERE status = 'ok' AND error_code IS NULL
     GROUP BY step_id, generation, step_key, path HAVING count(*) > 1`,
  );
  expect(
    repeated.reduce((sum, { n }) => sum + n, 0),
    JSON.stringify(repeated.slice(0, 20), null, 1),
  ).toBeLessThanOrEqual(facts.workerStrikes * MAX_IN_FLIGHT);
}

/** Most provider calls that one worker has in flight: its concurrency, with parallel summaries. */
const MAX_IN_FLIGHT = 8;

/**
 * Checks money per call, in nano-dollars: settled ≤ billed ≤ settled + uncertain. The provider bills every request it read, also
 * without a response; its reported usage may be wrong. An `ok` entry equals the bill, a free one was not billed, and any other
 * is at least the bill.
 */
async function expectBooksClose(stack: Stack): Promise<void> {
  const booked = await rows<{ id: string; cost: string; is_settled: boolean; is_uncertain: boolean }>(
    stack,
    `SELECT reservation_id AS id, sum(cost_nano)::text AS cost, bool_or(status = 'ok') AS is_settled,
       bool_and(status = 'uncertain') AS is_uncertain
     FROM ledger_entry WHERE status <> 'avoided' GROUP BY 1`,
  );
  const catalog = createCatalog();
  const seen = stack.provider.calls();
  const billOf = (call: (typeof seen)[number]): bigint =>
    calculateCost(call.billed, catalog.require(`${call.vendor}/${call.model}`), Date.parse(call.startedAt));
  expect(seen.length).toBeGreaterThan(0);
  const bills = new Map(seen.map((call) => [call.clientRequestId ?? '', billOf(call)]));
  expect(bills.size).toBe(seen.length);
  const entries = new Map(booked.map((row) => [row.id, { ...row, cost: BigInt(row.cost) }]));

  expect(seen.filter((call) => !entries.has(call.clientRequestId ?? ''))).toEqual([]);
  // Every settled call reached the provider, unless the process crashed before it sent the request.
  expect(booked.filter((row) => !row.is_uncertain && row.cost !== '0' && !bills.has(row.id))).toEqual([]);
  const wrong = seen.filter((call) => {
    const entry = entries.get(call.clientRequestId ?? '');
    const bill = billOf(call);
    return entry === undefined || (entry.is_settled ? entry.cost !== bill : entry.cost < bill);
  });
  expect(
    wrong.map(({ model, purpose, outcome, status, billed, usage, clientRequestId }) => ({
      call: { model, purpose, outcome, status, billed, usage },
      entry: String(entries.get(clientRequestId ?? '')?.cost),
      bill: String(bills.get(clientRequestId ?? '')),
    })),
  ).toEqual([]);

  const sum = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((total, amount) => total + amount, 0n);
  const settled = sum([...entries.values()].filter((entry) => entry.is_settled).map(({ cost }) => cost));
  const all = sum([...entries.values()].map(({ cost }) => cost));
  const bill = sum(bills.values());
  expect(settled).toBeLessThanOrEqual(bill);
  expect(bill).toBeLessThanOrEqual(all);
}

/** Each poisoned task is a dead letter because of its crashes, and no other step counts a crash. */
export async function expectOnlyPoisonCharged(stack: Stack, poisoned: readonly string[]): Promise<void> {
  const crashed = await rows<{ task_id: string }>(
    stack,
    `SELECT DISTINCT task_id FROM dead_letter WHERE error_code = 'STEP_CRASHED'`,
  );
  expect(new Set(crashed.map((row) => row.task_id))).toEqual(new Set(poisoned));
  const charged = await rows<{ task_id: string }>(stack, `SELECT task_id FROM step WHERE suspect_deaths > 0`);
  expect(new Set(charged.map((row) => row.task_id))).toEqual(new Set(poisoned));
}
