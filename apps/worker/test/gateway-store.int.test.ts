import { createMoneyStore, type MoneyStore } from '@pressroom/db';
import type { CallScope, EndCallRequest, LedgerFacts, Usage } from '@pressroom/llm';
import { newId, silentLogger, systemClock } from '@pressroom/runtime';
import { openScene, openTestDatabase, type OpenTestDatabase, type Scene } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createGatewayStore } from '../src/wiring/gateway-store.ts';
import { loseFirstAnswer } from './support/lose-first-answer.ts';
import { unavailableAtFirst } from './support/unavailable-at-first.ts';

const FACTS: LedgerFacts = {
  purpose: 'draft',
  tier: 'T2',
  provider: 'openai',
  model: 'gpt-6.1-terra',
  prompt: { id: 'draft', version: '1' },
  route: { reason: 'preferred', rule: 'purpose' },
  priceVersion: '1',
  simulated: true,
};
const USAGE: Usage = { uncachedInput: 90, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 40, reasoning: 0 };

describe('the gateway’s store', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
  });
  afterAll(() => db.close());

  const open = async (budgetNano: string, money: MoneyStore = createMoneyStore(db.database)) => {
    const { task, sessionId, attempt } = await scene.running({ budgetNano });
    const store = createGatewayStore({ money, clock: systemClock, log: silentLogger() });
    const scope: CallScope = {
      ...attempt,
      stepKey: attempt.key,
      stepTier: 'T2',
      lane: 'interactive',
      agent: 'draft',
      quality: 'balanced',
      hasPriorRun: false,
      sessionId,
      deadlineAtMs: systemClock.monotonicMs() + 60_000,
      signal: new AbortController().signal,
      requestBudget: { remaining: 5 },
    };
    const callOf = (path: string) => ({ ...FACTS, reservationId: newId(), scope, path, requestHash: 'a'.repeat(64) });
    return {
      store,
      scope,
      task,
      callOf,
      hold: (call: ReturnType<typeof callOf>, amountNanoUsd = 600n) =>
        store.reserve({ ...call, amountNanoUsd, inputTokens: 100, maxOutputTokens: 50, baselineNanoUsd: 900n }),
      end: (call: ReturnType<typeof callOf>, facts: Partial<EndCallRequest> = {}) =>
        store.endCall({ ...call, ...ENDED, ...facts }),
      counter: async () =>
        (await db.sql(`SELECT reserved_nano, spent_nano FROM budget_counter WHERE key = $1`, [`task:${task.id}`]))[0],
      ledger: () =>
        db.sql(
          `SELECT path, status, cost_nano, uncached_input, output, limitation, service_tier FROM ledger_entry
           WHERE task_id = $1 ORDER BY path`,
          [task.id],
        ),
    };
  };
  const ENDED = { status: 'ok', usage: USAGE, costNanoUsd: 250n, baselineNanoUsd: 400n, latencyMs: 12 } as const;
  const paths = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

  it('reserves once when the commit of a reservation is not confirmed, and leaves no hold', async () => {
    const { callOf, hold, end, counter } = await open('1000', loseFirstAnswer(createMoneyStore(db.database)));
    const call = callOf('draft');
    expect(await hold(call)).toEqual({ outcome: 'reserved' });
    expect(await counter()).toEqual({ reserved_nano: '600', spent_nano: '0' });
    await end(call);
    expect(await counter()).toEqual({ reserved_nano: '0', spent_nano: '250' });
  });

  it('books all of 8 calls that end together, even if one reports 2³² - 1 tokens', async () => {
    const { callOf, hold, end, counter, ledger } = await open('100000');
    const calls = paths.map(callOf);
    await Promise.all(calls.map((call) => hold(call)));
    const absurd = { ...USAGE, uncachedInput: 2 ** 32 - 1, output: 2 ** 32 - 1 };
    await Promise.all(calls.map((call) => end(call, call.path === 'c' ? { usage: absurd, costNanoUsd: 600n } : {})));
    const booked = await ledger();
    expect(booked).toHaveLength(8);
    expect(booked[2]).toMatchObject({ path: 'c', uncached_input: 2_147_483_647, output: 2_147_483_647 });
    expect(await counter()).toEqual({ reserved_nano: '0', spent_nano: String(7 * 250 + 600) });
  });

  it.each([
    { title: 'a cost beyond what a column holds', refused: { costNanoUsd: 10n ** 30n } },
    { title: 'no status', refused: { status: null as unknown as 'ok' } },
    {
      title: 'a negative cost beyond what a column holds, and no latency',
      refused: { latencyMs: Number.NaN, costNanoUsd: -(10n ** 30n) },
    },
  ])('settles as uncertain only the call of 8 whose entry the database rejects: $title', async ({ refused }) => {
    const { callOf, hold, end, counter, ledger } = await open('100000');
    const calls = paths.map(callOf);
    await Promise.all(calls.map((call) => hold(call)));
    await Promise.all(calls.map((call) => end(call, call.path === 'f' ? refused : {})));
    const booked = await ledger();
    expect(booked.map((row) => String(row['status']))).toEqual(['ok', 'ok', 'ok', 'ok', 'ok', 'uncertain', 'ok', 'ok']);
    expect(booked[5]).toMatchObject({ cost_nano: '600', uncached_input: 100, output: 50, limitation: 'ENTRY_REFUSED' });
    expect(await counter()).toEqual({ reserved_nano: '0', spent_nano: String(7 * 250 + 600) });
  });

  it('fails only the reservation that the database rejects', async () => {
    const { callOf, hold, counter } = await open('100000');
    const outcomes = await Promise.allSettled(
      paths.map((path) => hold(callOf(path), path === 'b' ? 10n ** 30n : 600n)),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(
      paths.map((path) => (path === 'b' ? 'rejected' : 'fulfilled')),
    );
    expect(await counter()).toEqual({ reserved_nano: String(7 * 600), spent_nano: '0' });
  });

  it('records the limitation of an entry and the service tier', async () => {
    const { callOf, hold, end, ledger } = await open('100000');
    const call = callOf('draft');
    await hold(call);
    await end(call, { status: 'estimated', limitation: 'USAGE_UNRECONCILED', serviceTier: 'flex' });
    expect(await ledger()).toMatchObject([
      { status: 'estimated', limitation: 'USAGE_UNRECONCILED', service_tier: 'flex' },
    ]);
  });

  it('settles an uncertain call once, even if it is ended again', async () => {
    const { callOf, hold, end, ledger, counter } = await open('100000');
    const call = callOf('draft');
    await hold(call);
    const uncertain = { status: 'uncertain', costNanoUsd: 600n } as const;
    await Promise.all([end(call, uncertain), end(call, uncertain)]);
    await end(call, uncertain);
    expect(await ledger()).toMatchObject([{ status: 'uncertain', cost_nano: '600' }]);
    expect(await counter()).toEqual({ reserved_nano: '0', spent_nano: '600' });
  });

  it('raises an alert for a call that cost more than its reservation, in the same statement', async () => {
    const { callOf, hold, end, scope } = await open('100000');
    const calls = [callOf('a'), callOf('b'), callOf('c')] as const;
    const alerts = () => db.sql(`SELECT kind, message, data FROM alert WHERE tenant_id = $1`, [scope.tenantId]);
    await Promise.all(calls.map((call) => hold(call)));
    await end(calls[0], { costNanoUsd: 600n });
    expect(await alerts()).toEqual([]);
    await end(calls[1], { costNanoUsd: 601n });
    await end(calls[2], { costNanoUsd: 700n });
    expect(await alerts()).toMatchObject([
      {
        kind: 'reservation_exceeded',
        message: expect.stringContaining('601 nano-dollars, of which 600 were held') as string,
        data: { reservationId: calls[1].reservationId, heldNanoUsd: '600', costNanoUsd: '601' },
      },
    ]);
  });

  it('finds a journaled reply after an outage of the database', async () => {
    const { store, callOf, hold, end, scope } = await open(
      '100000',
      unavailableAtFirst(createMoneyStore(db.database), 'findReply'),
    );
    const call = callOf('draft');
    await hold(call);
    const reply = {
      text: 'Tides.',
      finish: 'stop',
      provider: 'openai',
      model: 'gpt-6.1-terra',
      tier: 'T2',
      simulated: true,
      usage: USAGE,
      costNanoUsd: 250n,
      baselineNanoUsd: 400n,
    } as const;
    await end(call, { reply });
    const key = { stepId: scope.stepId, journalGeneration: 1, path: 'draft', requestHash: call.requestHash };
    expect(await store.findReply(key, scope.signal)).toEqual(reply);
  });
});
