import { connectDatabase, createBreakerStore, createSessionStore, type Database } from '@pressroom/db';
import {
  BreakerOpenError,
  catalogFromConfig,
  createGateway,
  createProviders,
  LlmConfig,
  type CallScope,
  type Gateway,
  type GatewayStore,
} from '@pressroom/llm';
import { newId, silentLogger, systemClock as clock } from '@pressroom/runtime';
import { startSimulator, type Simulator } from '@pressroom/simulator';
import { createTestDatabase, until, type TestDatabase } from '@pressroom/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const OPEN_MS = 1_500;
/** A store without budgets and ledger. */
const freeOfCharge: GatewayStore = {
  findReply: () => Promise.resolve(undefined),
  reserve: () => Promise.resolve({ outcome: 'reserved' }),
  endCall: () => Promise.resolve(),
};
const scope = (): CallScope => ({
  taskId: newId(),
  tenantId: newId(),
  taskType: 'article',
  lane: 'interactive',
  quality: 'balanced',
  stepId: newId(),
  stepKey: 'draft-1',
  agent: 'draft',
  stepTier: 'T2',
  generation: 1,
  journalGeneration: 1,
  attempt: 1,
  hasPriorRun: false,
  sessionId: newId(),
  deadlineAtMs: clock.monotonicMs() + 60_000,
  signal: new AbortController().signal,
  requestBudget: { remaining: 1 },
});

describe('three workers’ gateways on one store', () => {
  let database: TestDatabase;
  let db: Database;
  let simulator: Simulator;
  let gateways: { gateway: Gateway; heartbeat: () => Promise<void> }[];

  beforeEach(async () => {
    database = await createTestDatabase();
    db = connectDatabase({ url: database.url, applicationName: 'test', maxConnections: 8, log: silentLogger() });
    simulator = await startSimulator();
    gateways = await Promise.all(Array.from({ length: 3 }, openGateway));
  });
  afterEach(async () => {
    for (const { gateway } of gateways) gateway.close();
    await simulator.close();
    await db.close();
    await database.drop();
  });

  /** One worker: a session, its gateway, and a heartbeat that synchronises its breakers. */
  const openGateway = async () => {
    const config = LlmConfig.parse({
      providers: [{ kind: 'openai', name: 'openai', apiKey: 'none', baseURL: `${simulator.url}/v1` }],
      gateway: { breaker: { minRequests: 6, openMs: OPEN_MS }, retry: { triesPerModel: 1 } },
    });
    const sessions = createSessionStore(db);
    const sessionId = newId();
    await sessions.open({ id: sessionId, host: 'test', pid: 1, queues: [], concurrency: 1, version: '0' }, 60_000);
    const store = createBreakerStore(db);
    const gateway = createGateway({
      catalog: catalogFromConfig(config),
      providers: createProviders(config.providers, { clock }),
      store: freeOfCharge,
      config: config.gateway,
      sharedBreakers: {
        report: (calls, thresholds) => store.report(calls, thresholds),
        takeProbe: (key, maxMs) => store.takeProbe(key, sessionId, maxMs),
        endProbe: (key, state, openMs) => store.endProbe(key, sessionId, state, openMs),
      },
      clock,
      random: () => 0.5,
      log: silentLogger(),
    });
    const heartbeat = async (): Promise<void> => {
      const askedAtMs = clock.monotonicMs();
      gateway.syncBreakers((await sessions.heartbeat(sessionId, 60_000, [], [])).breakers, askedAtMs);
    };
    return { gateway, heartbeat };
  };
  const call = (index: number): Promise<unknown> => {
    const worker = gateways[index % gateways.length];
    if (!worker) throw new Error('there are three');
    return worker.gateway.bind(scope()).call({
      path: 'section',
      purpose: 'draft-section',
      prompt: { id: 'draft-section', version: '1' },
      system: 'You write.',
      messages: [{ role: 'user', content: 'Write about tides.' }],
      maxOutputTokens: 200,
      tier: 'T1',
    });
  };
  const refused = (outcome: PromiseSettledResult<unknown>): boolean =>
    outcome.status === 'rejected' && outcome.reason instanceof BreakerOpenError;
  const heartbeatAll = () => Promise.all(gateways.map(({ heartbeat }) => heartbeat()));
  const seen = () => simulator.totals().all.calls;

  it('open one breaker together, and all stop sending requests', async () => {
    simulator.addFaults({ effect: { kind: 'status', status: 503 } });
    // Two failures each: a third of the minimum of a single process.
    for (let n = 0; n < 6; n += 1) await expect(call(n)).rejects.toBeDefined();
    await heartbeatAll();
    const before = seen();
    const outcomes = await Promise.allSettled([0, 1, 2].map(call));
    expect(outcomes.every(refused)).toBe(true);
    expect(seen()).toBe(before);
    expect(await createBreakerStore(db).list()).toMatchObject([{ provider: 'openai', state: 'open' }]);
  });

  it('send exactly one probe in total, and all continue after its success', async () => {
    simulator.addFaults({ effect: { kind: 'status', status: 503 } });
    for (let n = 0; n < 6; n += 1) await expect(call(n)).rejects.toBeDefined();
    simulator.clearFaults();
    simulator.addFaults({ effect: { kind: 'latency', ms: 300 } });
    await until(async () => (await createBreakerStore(db).list()).every(({ state }) => state === 'half_open'), {
      timeoutMs: 2 * OPEN_MS,
    });
    await heartbeatAll();
    const before = seen();
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, (_, n) => call(n)));
    expect(seen() - before).toBe(1);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(outcomes.filter(refused)).toHaveLength(11);
    await heartbeatAll();
    expect((await Promise.allSettled([0, 1, 2].map(call))).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
  });

  it('stay open after a failed probe, with one more request in total per period', async () => {
    simulator.addFaults({ effect: { kind: 'status', status: 503 } });
    for (let n = 0; n < 6; n += 1) await expect(call(n)).rejects.toBeDefined();
    for (let round = 0; round < 2; round += 1) {
      await until(async () => (await createBreakerStore(db).list()).every(({ state }) => state === 'half_open'), {
        timeoutMs: 2 * OPEN_MS,
      });
      await heartbeatAll();
      const before = seen();
      const outcomes = await Promise.allSettled(Array.from({ length: 9 }, (_, n) => call(n)));
      expect(seen() - before).toBe(1);
      expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    }
  });
});
