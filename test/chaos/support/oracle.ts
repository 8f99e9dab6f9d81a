import { calculateCost, createCatalog } from '@pressroom/catalog';
import type pg from 'pg';
import { expect } from 'vitest';

import type { Stack } from '../../e2e/support/start-stack.ts';

const rows = async <Row extends pg.QueryResultRow>(stack: Stack, sql: string): Promise<Row[]> =>
  (await stack.sql.query<Row>(sql)).rows;

/** What must hold once every accepted task has ended, whatever struck in the meantime. */
export async function expectNothingLostNothingTwice(
  stack: Stack,
  facts: {
    /** Idempotency key → id answered by the API. */
    accepted: ReadonlyMap<string, string>;
    /** How often a worker was killed or stopped: each may cost the calls it had in flight. */
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

  // One result per step, gapless events, nothing held, nothing running.
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

  // Every step that was given up has its dead letter.
  expect(
    await rows(
      stack,
      `SELECT s.id FROM step s WHERE s.status IN ('dead', 'skipped')
         AND NOT EXISTS (SELECT 1 FROM dead_letter d WHERE d.step_id = s.id)`,
    ),
  ).toEqual([]);

  // Money: settled ≤ what the provider saw ≤ settled + uncertain, call by call and in nano-dollars.
  const booked = await rows<{ id: string; cost: string; is_uncertain: boolean }>(
    stack,
    `SELECT reservation_id AS id, sum(cost_nano)::text AS cost,
       bool_and(status = 'uncertain' OR (status = 'aborted' AND output = 0)) AS is_uncertain
     FROM ledger_entry WHERE status <> 'avoided' GROUP BY 1`,
  );
  const paid = booked.reduce((sum, row) => sum + BigInt(row.cost), 0n);
  const catalog = createCatalog();
  const seen = stack.provider.calls();
  const bill = seen
    .filter((call) => call.outcome === 'ok')
    .reduce(
      (sum, call) =>
        sum + calculateCost(call.billed, catalog.require(`${call.vendor}/${call.model}`), Date.parse(call.startedAt)),
      0n,
    );
  expect(seen.length).toBeGreaterThan(0);
  const seenIds = new Set(seen.map((call) => call.clientRequestId));
  const bookedIds = new Set(booked.map((row) => row.id));
  expect(seenIds.size).toBe(seen.length);
  expect(seen.filter((call) => !bookedIds.has(call.clientRequestId ?? ''))).toEqual([]);
  // What was paid was seen, unless it is uncertain: the worker died with it, or gave it up before a word came.
  expect(booked.filter((row) => !row.is_uncertain && row.cost !== '0' && !seenIds.has(row.id))).toEqual([]);
  const okCost = await rows<{ cost: string }>(
    stack,
    `SELECT coalesce(sum(cost_nano), 0)::text AS cost FROM ledger_entry WHERE status = 'ok'`,
  );
  expect(BigInt(okCost[0]?.cost ?? 0)).toBeLessThanOrEqual(bill);
  expect(bill).toBeLessThanOrEqual(paid);

  // A call whose reply was kept is not made again; only what was in flight at a strike may be.
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

/** Provider calls that one struck worker can have had in flight: its concurrency, with parallel summaries. */
const MAX_IN_FLIGHT = 8;
