import { createMoneyStore } from '@pressroom/db';
import type { CallScope, LedgerFacts, Usage } from '@pressroom/llm';
import { newId, silentLogger, systemClock } from '@pressroom/runtime';
import { openScene, openTestDatabase, type OpenTestDatabase, type Scene } from '@pressroom/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createGatewayStore } from '../src/wiring/gateway-store.ts';
import { deafOnce } from './support/deaf-once.ts';

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

  it('holds the money of a call once when the commit of the hold was not heard of, and leaves nothing held', async () => {
    const { task, sessionId, attempt } = await scene.running({ budgetNano: '1000' });
    const store = createGatewayStore({
      money: deafOnce(createMoneyStore(db.database)),
      clock: systemClock,
      log: silentLogger(),
    });
    const counter = async () =>
      (await db.sql(`SELECT reserved_nano, spent_nano FROM budget_counter WHERE key = $1`, [`task:${task.id}`]))[0];
    const scope: CallScope = {
      ...attempt,
      stepKey: attempt.key,
      stepTier: 'T2',
      lane: 'interactive',
      agent: 'draft',
      quality: 'balanced',
      hasPast: false,
      sessionId,
      deadlineAtMs: systemClock.nowMs() + 60_000,
      signal: new AbortController().signal,
      tries: { left: 5 },
    };
    const call = { ...FACTS, reservationId: newId(), scope, path: 'draft', requestHash: 'a'.repeat(64) };
    const held = await store.reserve({
      ...call,
      amountNanoUsd: 600n,
      inputTokens: 100,
      maxOutputTokens: 50,
      baselineNanoUsd: 900n,
    });
    expect(held).toEqual({ outcome: 'reserved' });
    expect(await counter()).toEqual({ reserved_nano: '600', spent_nano: '0' });
    await store.endCall({
      ...call,
      status: 'ok',
      usage: USAGE,
      costNanoUsd: 250n,
      baselineNanoUsd: 400n,
      latencyMs: 12,
    });
    expect(await counter()).toEqual({ reserved_nano: '0', spent_nano: '250' });
  });
});
