import { createCatalog } from '@pressroom/catalog';
import type { Lane } from '@pressroom/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatewaySettings, type GatewaySettingsInput } from '../settings/gateway-settings.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import { BreakerOpenError, NoSlotError } from '../errors.ts';
import { createPacer, type Permit } from './pacer.ts';

const model = createCatalog().require('gpt-6-luna');
type Pacing = NonNullable<GatewaySettingsInput['pacing']>;

function start(pacing: Pacing = {}, workers = () => 1, maxConcurrent = 1_000) {
  const clock = createManualClock();
  const { pacing: settings } = GatewaySettings.parse({ pacing });
  const pacer = createPacer({ settings, maxConcurrent, clock, workers });
  const granted: { name: string; atMs: number; permit: Permit }[] = [];
  const acquire = (name: string, facts: Partial<Parameters<typeof pacer.acquire>[1]> = {}) => {
    const request = {
      lane: 'interactive' as Lane,
      tenantId: 'a',
      tokens: 1,
      maxWaitMs: 3_600_000,
      remainingMs: 3_600_000,
      ...facts,
    };
    const acquired = pacer.acquire(model, { signal: new AbortController().signal, ...request }).then((permit) => {
      granted.push({ name, atMs: clock.monotonicMs(), permit });
      return permit;
    });
    acquired.catch(() => undefined);
    return acquired;
  };
  const settled = () => new Promise(setImmediate);
  const run = async (ms: number, stepMs = 250): Promise<void> => {
    for (let passed = 0; passed < ms; passed += stepMs) await clock.advance(stepMs);
  };
  return { pacer, clock, granted, acquire, settled, run, names: () => granted.map(({ name }) => name) };
}
const limited = (requestsPerMinute: number, more: Pacing = {}): Pacing => ({
  limits: { [model.ref]: { requestsPerMinute } },
  ...more,
});

describe('a pacer', () => {
  it('grants immediately when no limit is known', async () => {
    const { acquire, names } = start();
    await Promise.all(Array.from({ length: 500 }, (_, n) => acquire(String(n), { tokens: 100_000 })));
    expect(names()).toHaveLength(500);
  });

  it('respects the limit of requests per minute', async () => {
    const { acquire, names, settled, run } = start(limited(3));
    for (const name of ['1', '2', '3', '4', '5']) void acquire(name);
    await settled();
    expect(names()).toEqual(['1', '2', '3']);
    await run(62_000);
    expect(names()).toHaveLength(5);
  });

  it('respects the limit of tokens per minute and returns unused tokens', async () => {
    const { acquire, names, settled } = start({ limits: { openai: { tokensPerMinute: 1_000 } } });
    const first = await acquire('first', { tokens: 800 });
    void acquire('second', { tokens: 800 });
    await settled();
    expect(names()).toEqual(['first']);
    first.settle(150);
    await settled();
    expect(names()).toEqual(['first', 'second']);
  });

  it('does not count a permit that made no request', async () => {
    const { acquire, names, settled } = start(limited(1));
    const first = await acquire('first');
    void acquire('second');
    first.settle(undefined);
    await settled();
    expect(names()).toEqual(['first', 'second']);
  });

  it('uses its share of a limit and adjusts it when the number of workers changes', async () => {
    let workers = 4;
    const { acquire, names, settled, pacer } = start(limited(8), () => workers);
    for (let n = 0; n < 8; n += 1) void acquire(String(n));
    await settled();
    expect(names()).toHaveLength(2);
    workers = 2;
    pacer.learn(model, { tokensPerMinute: 1_000_000 });
    await settled();
    expect(names()).toHaveLength(4);
  });

  it('learns a limit from the provider when none is configured', async () => {
    const unknown = start();
    unknown.pacer.learn(model, { requestsPerMinute: 2 });
    for (const name of ['1', '2', '3']) void unknown.acquire(name);
    await unknown.settled();
    expect(unknown.names()).toHaveLength(2);

    const configured = start(limited(3));
    configured.pacer.learn(model, { requestsPerMinute: 1 });
    for (const name of ['1', '2', '3']) void configured.acquire(name);
    await configured.settled();
    expect(configured.names()).toHaveLength(3);
  });

  it('grants nothing until the block of a rate-limited provider ends', async () => {
    const { pacer, acquire, names, settled, run } = start();
    pacer.block(model, 5_000);
    void acquire('1');
    await settled();
    expect(names()).toEqual([]);
    expect(pacer.waitMs(model)).toBe(5_000);
    await run(5_250);
    expect(names()).toEqual(['1']);
  });

  it('rejects after the maximum wait with an error that does not count as a failure of the step', async () => {
    const { acquire, run, names } = start(limited(1));
    await acquire('1');
    const second = acquire('2', { maxWaitMs: 10_000 });
    await run(10_500);
    await expect(second).rejects.toMatchObject({ code: 'BREAKER_OPEN', retryable: true, retryAfterMs: 10_000 });
    await expect(acquire('3', { maxWaitMs: 0 })).rejects.toMatchObject({ code: 'BREAKER_OPEN' });
    await run(61_000);
    expect(names()).toEqual(['1']);
  });

  it('removes a cancelled request and grants the next one', async () => {
    const { acquire, names, run, settled } = start(limited(1));
    await acquire('1');
    const controller = new AbortController();
    const cancelled = acquire('2', { signal: controller.signal });
    void acquire('3');
    await settled();
    controller.abort(new Error('cancelled'));
    await expect(cancelled).rejects.toThrow('cancelled');
    await run(62_000);
    expect(names()).toEqual(['1', '3']);
  });

  it('keeps capacity free for interactive work, however much batch work waits', async () => {
    const { acquire, names, settled } = start(limited(10));
    for (let n = 0; n < 30; n += 1) void acquire(`batch ${n}`, { lane: 'batch' });
    await settled();
    expect(names()).toHaveLength(8);
    await Promise.all([acquire('urgent 1'), acquire('urgent 2')]);
    expect(names().slice(-2)).toEqual(['urgent 1', 'urgent 2']);
  });

  it('limits batch to its share while interactive work waits, and gives it everything otherwise', async () => {
    const { acquire, names, run } = start(limited(50, { batchShare: 1 }));
    for (let n = 0; n < 50; n += 1) await acquire('before');
    for (let n = 0; n < 400; n += 1) {
      void acquire('batch', { lane: 'batch' });
      void acquire('interactive');
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

  it('serves a tenant with one request soon, even behind a tenant with hundreds', async () => {
    const { acquire, names, run } = start(limited(20));
    for (let n = 0; n < 300; n += 1) void acquire('flood', { tenantId: 'flood' });
    void acquire('lone', { tenantId: 'lone' });
    await run(62_000);
    expect(names().indexOf('lone')).toBeGreaterThanOrEqual(0);
    expect(names().indexOf('lone')).toBeLessThanOrEqual(21);
  });

  it('starves no request and exceeds no limit in any minute, for any arrivals', async () => {
    const request = fc.record({
      afterMs: fc.integer({ min: 0, max: 4_000 }),
      lane: fc.constantFrom<Lane>('interactive', 'batch'),
      tenantId: fc.constantFrom('a', 'b'),
      tokens: fc.integer({ min: 1, max: 1_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 40 }), async (requests) => {
        const limits = { requestsPerMinute: 6, tokensPerMinute: 2_000 };
        const { acquire, clock, granted, run, settled } = start({ limits: { openai: limits } });
        for (const { afterMs, ...facts } of requests) {
          await clock.advance(afterMs);
          void acquire(String(facts.tokens), facts);
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

describe('a pacer with all slots in use', () => {
  const slots = (count: number, pacing: Pacing = {}) => start(pacing, () => 1, count);

  it('keeps a request waiting far beyond the maximum wait for limits, and grants it when a slot is released', async () => {
    const { acquire, granted, run, settled } = slots(1);
    const first = await acquire('first');
    const second = acquire('second', { maxWaitMs: 1_000, remainingMs: 600_000 });
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

  it('rejects a wait for a slot only when the attempt’s time is over, and names the slots', async () => {
    const { acquire, run } = slots(1);
    await acquire('first');
    const second = acquire('second', { maxWaitMs: 1_000, remainingMs: 5_000 });
    const outcome = expect(second).rejects.toThrow(NoSlotError);
    await run(5_000);
    await outcome;
    await expect(second).rejects.toMatchObject({
      code: 'BREAKER_OPEN',
      message: expect.stringContaining('all 1 slots') as string,
    });
  });

  it('rejects a wait for the provider’s limits after the maximum wait', async () => {
    const { acquire, run } = slots(1, limited(1));
    await acquire('first');
    const second = acquire('second', { maxWaitMs: 1_000, remainingMs: 600_000 });
    const outcome = expect(second).rejects.toThrow(BreakerOpenError);
    await run(1_000);
    await outcome;
    await expect(second).rejects.not.toBeInstanceOf(NoSlotError);
  });

  it('grants released slots by lane weight', async () => {
    const { acquire, granted, settled, names } = slots(1);
    const first = await acquire('first');
    for (let n = 0; n < 8; n += 1) {
      void acquire(`batch ${n}`, { lane: 'batch' });
      void acquire(`interactive ${n}`);
    }
    first.settle(1);
    for (let n = 1; n <= 10; n += 1) {
      await settled();
      granted[n]?.permit.settle(1);
    }
    const interactive = names()
      .slice(1, 11)
      .filter((name) => name.startsWith('interactive'));
    expect(interactive).toHaveLength(8);
  });

  it('reserves slots for interactive work', async () => {
    const { acquire, names, settled } = slots(10, { batchShare: 0.8 });
    for (let n = 0; n < 20; n += 1) void acquire(`batch ${n}`, { lane: 'batch' });
    await settled();
    expect(names()).toHaveLength(8);
    await acquire('interactive');
    expect(names()).toHaveLength(9);
  });

  it('releases a slot once when the request was not made', async () => {
    const { acquire, names, settled } = slots(1);
    const first = await acquire('first');
    void acquire('second');
    void acquire('third');
    first.settle(undefined);
    first.settle(undefined);
    await settled();
    expect(names()).toEqual(['first', 'second']);
  });
});
