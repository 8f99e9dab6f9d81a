import { ToolUnavailableError, type ToolPrice } from '@pressroom/agents';
import { createMoneyStore, type MoneyStore, type StepAttempt } from '@pressroom/db';
import { silentLogger, systemClock } from '@pressroom/runtime';
import { openScene, openTestDatabase, type OpenTestDatabase, type Scene } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createJournaledTool } from '../src/wiring/journaled-tool.ts';
import { loseFirstAnswer } from './support/lose-first-answer.ts';
import { unavailableAtFirst } from './support/unavailable-at-first.ts';

const PRICE = 5_000_000n;

describe('tools of an attempt', () => {
  let db: OpenTestDatabase;
  let scene: Scene;
  beforeAll(async () => {
    db = await openTestDatabase();
    scene = await openScene(db);
  });
  afterAll(() => db.close());

  /** A running step with a budget, and its tools; `again` is a later attempt of the same step. */
  async function aStep(budgetNano: string) {
    const { task, sessionId, attempt } = await scene.running({ budgetNano });
    const paid: bigint[] = [];
    const controller = new AbortController();
    const toolOf = (of: StepAttempt, money: MoneyStore = createMoneyStore(db.database)) =>
      createJournaledTool({
        money,
        attempt: of,
        hasPriorRun: of.attempt > 1,
        run: { sessionId, signal: controller.signal },
        onPaid: (costNanoUsd) => paid.push(costNanoUsd),
        clock: systemClock,
        log: silentLogger(),
      });
    const ledger = () =>
      db.sql(
        `SELECT path, purpose, provider, status, cost_nano, baseline_nano, uncached_input, output, error_code
         FROM ledger_entry WHERE task_id = $1 ORDER BY created_at`,
        [task.id],
      );
    const counter = async () =>
      (await db.sql(`SELECT reserved_nano, spent_nano FROM budget_counter WHERE key = $1`, [`task:${task.id}`]))[0];
    return { task, attempt, toolOf, tool: toolOf(attempt), paid, controller, ledger, counter };
  }
  const price = (facts: Partial<ToolPrice> = {}): ToolPrice => ({
    tool: 'web-search',
    costNanoUsd: PRICE,
    beforeCall: () => undefined,
    ...facts,
  });

  it('cost nothing and create no entry when they have no price', async () => {
    const { tool, ledger } = await aStep('1000');
    await expect(tool('fetch/src-1', () => Promise.resolve({ text: 'a' }))).resolves.toEqual({ text: 'a' });
    expect(await ledger()).toEqual([]);
  });

  it('are recorded in the ledger and settled at their price', async () => {
    const { tool, ledger, counter, paid } = await aStep('10000000');
    const held: unknown[] = [];
    await tool(
      'search/web-search/q1',
      async () => {
        held.push(await counter());
        return ['found'];
      },
      price(),
    );
    expect(held).toEqual([{ reserved_nano: '5000000', spent_nano: '0' }]);
    expect(await counter()).toEqual({ reserved_nano: '0', spent_nano: '5000000' });
    expect(await ledger()).toEqual([
      {
        path: 'tool:search/web-search/q1',
        purpose: 'tool:web-search',
        provider: 'web-search',
        status: 'ok',
        cost_nano: '5000000',
        baseline_nano: '5000000',
        uncached_input: 0,
        output: 0,
        error_code: null,
      },
    ]);
    expect(paid).toEqual([PRICE]);
  });

  it('are not paid for again by a later attempt', async () => {
    const { tool, toolOf, attempt, ledger } = await aStep('100000000');
    await tool('search/web-search/q1', () => Promise.resolve(['found']), price());
    const again = toolOf({ ...attempt, attempt: attempt.attempt + 1 });
    const run = () => Promise.reject(new Error('called again'));
    await expect(again('search/web-search/q1', run, price())).resolves.toEqual(['found']);
    expect(await ledger()).toHaveLength(1);
  });

  it('are not run when the budget cannot hold their price', async () => {
    const { tool, ledger, counter } = await aStep('4999999');
    let isRun = false;
    const run = () => {
      isRun = true;
      return Promise.resolve([]);
    };
    await expect(tool('search/web-search/q1', run, price())).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    expect(isRun).toBe(false);
    expect(await ledger()).toEqual([]);
    expect(await counter()).toEqual({ reserved_nano: '0', spent_nano: '0' });
  });

  it('reserve nothing when the call is prevented', async () => {
    const { tool, ledger } = await aStep('10000000');
    const beforeCall = () => {
      throw new ToolUnavailableError('left alone', { mayBeBilled: false });
    };
    await expect(tool('search/web-search/q1', () => Promise.resolve([]), price({ beforeCall }))).rejects.toMatchObject({
      code: 'TOOL_UNAVAILABLE',
    });
    expect(await ledger()).toEqual([]);
  });

  it('reserve their price once when the commit of the reservation is not confirmed', async () => {
    const { toolOf, attempt, counter } = await aStep('10000000');
    const tool = toolOf(attempt, loseFirstAnswer(createMoneyStore(db.database)));
    await expect(tool('search/web-search/q1', () => Promise.resolve(['found']), price())).resolves.toEqual(['found']);
    expect(await counter()).toEqual({ reserved_nano: '0', spent_nano: '5000000' });
  });

  it('are not run by an attempt that is over', async () => {
    const { toolOf, attempt, ledger } = await aStep('10000000');
    const stale = toolOf({ ...attempt, attempt: 0 });
    await expect(stale('search/web-search/q1', () => Promise.resolve([]), price())).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
    expect(await ledger()).toEqual([]);
  });

  it.each([
    { title: 'certainly was not billed', mayBeBilled: false, status: 'failed', cost: '0' },
    { title: 'may have been billed', mayBeBilled: true, status: 'uncertain', cost: '5000000' },
  ])('that fail are recorded as $status when the call $title', async ({ mayBeBilled, status, cost }) => {
    const { tool, ledger, counter } = await aStep('10000000');
    const run = () => Promise.reject(new ToolUnavailableError('down', { mayBeBilled }));
    await expect(tool('search/web-search/q1', run, price())).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE' });
    expect(await ledger()).toMatchObject([{ status, cost_nano: cost, error_code: 'TOOL_UNAVAILABLE' }]);
    expect(await counter()).toEqual({ reserved_nano: '0', spent_nano: cost });
  });

  it('that are cancelled are recorded as uncertain at their price', async () => {
    const { tool, ledger, controller } = await aStep('10000000');
    const searching = tool(
      'search/web-search/q1',
      () => {
        controller.abort(new Error('cancelled'));
        return Promise.reject(new Error('cancelled'));
      },
      price(),
    );
    await expect(searching).rejects.toThrow('cancelled');
    expect(await ledger()).toMatchObject([{ status: 'uncertain', cost_nano: '5000000' }]);
  });

  it('read and store their results after an outage of the database', async () => {
    const { toolOf, attempt } = await aStep('10000000');
    const later = { ...attempt, attempt: attempt.attempt + 1 };
    const tool = toolOf(attempt, unavailableAtFirst(createMoneyStore(db.database), 'saveReply'));
    await expect(tool('read/1', () => Promise.resolve('page'))).resolves.toBe('page');
    const again = toolOf(later, unavailableAtFirst(createMoneyStore(db.database), 'findReply'));
    await expect(again('read/1', () => Promise.reject(new Error('read again')))).resolves.toBe('page');
  });
});
