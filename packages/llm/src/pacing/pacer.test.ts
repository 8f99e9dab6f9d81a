import { createCatalog } from '@pressroom/catalog';
import type { Lane } from '@pressroom/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewaySettings, type GatewaySettingsInput } from '../settings/gateway-settings.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { BreakerOpenError, NoSlotError } from '../errors.ts';
import { createPacer, type Pass } from './pacer.ts';

const model = createCatalog().require('gpt-6-luna');
type Pacing = NonNullable<GatewaySettingsInput['pacing']>;

function start(pacing: Pacing = {}, workers = () => 1, maxConcurrent = 1_000) {
  const clock = createManualClock();
  const { pacing: settings } = GatewaySettings.parse({ pacing });
  const pacer = createPacer({ settings, maxConcurrent, clock, workers });
  const granted: { name: string; atMs: number; pass: Pass }[] = [];
  const ask = (name: string, facts: Partial<Parameters<typeof pacer.acquire>[1]> = {}) => {
    const request = {
      lane: 'interactive' as Lane,
      tenantId: 'a',
      tokens: 1,
      maxWaitMs: 3_600_000,
      leftMs: 3_600_000,
      ...facts,
    };
    const asked = pacer.acquire(model, { signal: new AbortController().signal, ...request }).then((pass) => {
      granted.push({ name, atMs: clock.monotonicMs(), pass });
      return pass;
    });
    asked.catch(() => undefined);
    return asked;
  };
  const settled = () => new Promise(setImmediate);
  const run = async (ms: number, stepMs = 250): Promise<void> => {
    for (let passed = 0; passed < ms; passed += stepMs) await clock.advance(stepMs);
  };
  return { pacer, clock, granted, ask, settled, run, names: () => granted.map(({ name }) => name) };
}
const limited = (requestsPerMinute: number, more: Pacing = {}): Pacing => ({
  limits: { [model.ref]: { requestsPerMinute } },
  ...more,
});

describe('a pacer', () => {
  it('keeps nobody waiting where nothing is known of a limit', async () => {
    const { ask, names } = start();
    await Promise.all(Array.from({ length: 500 }, (_, n) => ask(String(n), { tokens: 100_000 })));
    expect(names()).toHaveLength(500);
  });

  it('keeps to the requests that are allowed a minute', async () => {
    const { ask, names, settled, run } = start(limited(3));
    for (const name of ['1', '2', '3', '4', '5']) void ask(name);
    await settled();
    expect(names()).toEqual(['1', '2', '3']);
    await run(62_000);
    expect(names()).toHaveLength(5);
  });

  it('keeps to the tokens that are allowed, and gives back those that were not used', async () => {
    const { ask, names, settled } = start({ limits: { openai: { tokensPerMinute: 1_000 } } });
    const first = await ask('first', { tokens: 800 });
    void ask('second', { tokens: 800 });
    await settled();
    expect(names()).toEqual(['first']);
    first.settle(150);
    await settled();
    expect(names()).toEqual(['first', 'second']);
  });

  it('counts a turn that made no request not at all', async () => {
    const { ask, names, settled } = start(limited(1));
    const first = await ask('first');
    void ask('second');
    first.settle(undefined);
    await settled();
    expect(names()).toEqual(['first', 'second']);
  });

  it('keeps to its part of a limit that many workers share, and to the new part when their number changes', async () => {
    let workers = 4;
    const { ask, names, settled, pacer } = start(limited(8), () => workers);
    for (let n = 0; n < 8; n += 1) void ask(String(n));
    await settled();
    expect(names()).toHaveLength(2);
    workers = 2;
    pacer.learn(model, { tokensPerMinute: 1_000_000 });
    await settled();
    expect(names()).toHaveLength(4);
  });

  it('learns a limit from the provider, where none is configured', async () => {
    const unknown = start();
    unknown.pacer.learn(model, { requestsPerMinute: 2 });
    for (const name of ['1', '2', '3']) void unknown.ask(name);
    await unknown.settled();
    expect(unknown.names()).toHaveLength(2);

    const configured = start(limited(3));
    configured.pacer.learn(model, { requestsPerMinute: 1 });
    for (const name of ['1', '2', '3']) void configured.ask(name);
    await configured.settled();
    expect(configured.names()).toHaveLength(3);
  });

  it('lets nobody go before a provider that limits the rate wants to be asked again', async () => {
    const { pacer, ask, names, settled, run } = start();
    pacer.block(model, 5_000);
    void ask('1');
    await settled();
    expect(names()).toEqual([]);
    expect(pacer.waitMs(model)).toBe(5_000);
    await run(5_250);
    expect(names()).toEqual(['1']);
  });

  it('gives up after the longest wait, saying so in a way that costs the step no failure', async () => {
    const { ask, run, names } = start(limited(1));
    await ask('1');
    const second = ask('2', { maxWaitMs: 10_000 });
    await run(10_500);
    await expect(second).rejects.toMatchObject({ code: 'BREAKER_OPEN', retryable: true, retryAfterMs: 10_000 });
    await expect(ask('3', { maxWaitMs: 0 })).rejects.toMatchObject({ code: 'BREAKER_OPEN' });
    await run(61_000);
    expect(names()).toEqual(['1']);
  });

  it('lets go of who was cancelled, and the next one takes the turn', async () => {
    const { ask, names, run, settled } = start(limited(1));
    await ask('1');
    const controller = new AbortController();
    const cancelled = ask('2', { signal: controller.signal });
    void ask('3');
    await settled();
    controller.abort(new Error('cancelled'));
    await expect(cancelled).rejects.toThrow('cancelled');
    await run(62_000);
    expect(names()).toEqual(['1', '3']);
  });

  it('leaves room for whoever comes next, however much batch work waits', async () => {
    const { ask, names, settled } = start(limited(10));
    for (let n = 0; n < 30; n += 1) void ask(`batch ${n}`, { lane: 'batch' });
    await settled();
    expect(names()).toHaveLength(8);
    await Promise.all([ask('urgent 1'), ask('urgent 2')]);
    expect(names().slice(-2)).toEqual(['urgent 1', 'urgent 2']);
  });

  it('gives batch its share and no more while interactive work waits, and all when none does', async () => {
    const { ask, names, run } = start(limited(50, { batchShare: 1 }));
    for (let n = 0; n < 50; n += 1) await ask('before');
    for (let n = 0; n < 400; n += 1) {
      void ask('batch', { lane: 'batch' });
      void ask('interactive');
    }
    await run(300_000, 1_000);
    const contested = names().slice(50, 250);
    expect(contested).toHaveLength(200);
    const batch = contested.filter((name) => name === 'batch').length;
    expect(batch).toBeGreaterThanOrEqual(38);
    expect(batch).toBeLessThanOrEqual(42);
    await run(900_000, 1_000);
    expect(names()).toHaveLength(850);
  });

  it('serves a tenant with one request soon, behind another with hundreds', async () => {
    const { ask, names, run } = start(limited(20));
    for (let n = 0; n < 300; n += 1) void ask('flood', { tenantId: 'flood' });
    void ask('lone', { tenantId: 'lone' });
    await run(62_000);
    expect(names().indexOf('lone')).toBeGreaterThanOrEqual(0);
    expect(names().indexOf('lone')).toBeLessThanOrEqual(21);
  });

  it('starves nobody and never exceeds a limit in any minute, whatever comes when', async () => {
    const request = fc.record({
      afterMs: fc.integer({ min: 0, max: 4_000 }),
      lane: fc.constantFrom<Lane>('interactive', 'batch'),
      tenantId: fc.constantFrom('a', 'b'),
      tokens: fc.integer({ min: 1, max: 1_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 40 }), async (requests) => {
        const limits = { requestsPerMinute: 6, tokensPerMinute: 2_000 };
        const { ask, clock, granted, run, settled } = start({ limits: { openai: limits } });
        for (const { afterMs, ...facts } of requests) {
          await clock.advance(afterMs);
          void ask(String(facts.tokens), facts);
          await settled();
        }
        await run(requests.length * 62_000, 1_000);
        expect(granted).toHaveLength(requests.length);
        for (const { atMs } of granted) {
          const minute = granted.filter((other) => other.atMs >= atMs && other.atMs < atMs + 60_000);
          expect(minute.length).toBeLessThanOrEqual(limits.requestsPerMinute);
          expect(minute.reduce((sum, { name }) => sum + Number(name), 0)).toBeLessThanOrEqual(limits.tokensPerMinute);
        }
      }),
      { numRuns: 15 },
    );
  }, 30_000);
});

describe('a pacer with all slots taken', () => {
  const slots = (count: number, pacing: Pacing = {}) => start(pacing, () => 1, count);

  it('keeps a request waiting far beyond the wait for a provider’s limits, and lets it go when a slot is given back', async () => {
    const { ask, granted, run, settled } = slots(1);
    const first = await ask('first');
    const second = ask('second', { maxWaitMs: 1_000, leftMs: 600_000 });
    await run(120_000);
    expect(granted).toHaveLength(1);
    first.settle(10);
    await second;
    await settled();
    expect(granted.map(({ name, atMs }) => [name, atMs])).toEqual([
      ['first', 0],
      ['second', 120_000],
    ]);
  });

  it('ends a wait for a slot only with the attempt’s time, and says so', async () => {
    const { ask, run } = slots(1);
    await ask('first');
    const second = ask('second', { maxWaitMs: 1_000, leftMs: 5_000 });
    const outcome = expect(second).rejects.toThrow(NoSlotError);
    await run(5_000);
    await outcome;
    await expect(second).rejects.toMatchObject({
      code: 'BREAKER_OPEN',
      message: expect.stringContaining('all 1 slots') as string,
    });
  });

  it('still ends a wait for the provider’s limits after its own time', async () => {
    const { ask, run } = slots(1, limited(1));
    await ask('first');
    const second = ask('second', { maxWaitMs: 1_000, leftMs: 600_000 });
    const outcome = expect(second).rejects.toThrow(BreakerOpenError);
    await run(1_000);
    await outcome;
    await expect(second).rejects.not.toBeInstanceOf(NoSlotError);
  });

  it('gives freed slots by the lanes’ weights', async () => {
    const { ask, granted, settled, names } = slots(1);
    const first = await ask('first');
    for (let n = 0; n < 8; n += 1) {
      void ask(`batch ${n}`, { lane: 'batch' });
      void ask(`interactive ${n}`);
    }
    first.settle(1);
    for (let n = 1; n <= 10; n += 1) {
      await settled();
      granted[n]?.pass.settle(1);
    }
    const interactive = names()
      .slice(1, 11)
      .filter((name) => name.startsWith('interactive'));
    expect(interactive).toHaveLength(8);
  });

  it('keeps slots free of batch work for whatever interactive work comes next', async () => {
    const { ask, names, settled } = slots(10, { batchShare: 0.8 });
    for (let n = 0; n < 20; n += 1) void ask(`batch ${n}`, { lane: 'batch' });
    await settled();
    expect(names()).toHaveLength(8);
    await ask('interactive');
    expect(names()).toHaveLength(9);
  });

  it('gives a slot back when the request was not made after all, once', async () => {
    const { ask, names, settled } = slots(1);
    const first = await ask('first');
    void ask('second');
    void ask('third');
    first.settle(undefined);
    first.settle(undefined);
    await settled();
    expect(names()).toEqual(['first', 'second']);
  });
});
