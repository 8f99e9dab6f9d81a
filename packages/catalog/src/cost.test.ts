import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildModel } from './build-model.ts';
import { createCatalog } from './catalog.ts';
import { calculateBaseline, calculateCost, calculateWorstCase, promptTokens } from './cost.ts';
import type { Model, TokenUsage } from './model.ts';
import { ModelSpec } from './model-spec.ts';
import { bandFor, priceRowAt, requestedServiceTier } from './price.ts';

const catalog = createCatalog();
const NOW = Date.parse('2026-11-20T00:00:00Z');
const model = (ref: string): Model => catalog.require(ref);
const usageOf = (part: Partial<TokenUsage>): TokenUsage => ({
  uncachedInput: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 0,
  reasoning: 0,
  ...part,
});

const someTokens = fc.integer({ min: 0, max: 400_000 });
const someUsage: fc.Arbitrary<TokenUsage> = fc.record({
  uncachedInput: someTokens,
  cacheRead: someTokens,
  cacheWrite5m: someTokens,
  cacheWrite1h: someTokens,
  output: someTokens,
  reasoning: fc.constant(0),
});
const someModel = fc.constantFrom(...catalog.models);
const someInstant = fc.integer({ min: Date.parse('2026-01-01'), max: Date.parse('2027-12-31') });

describe('calculateCost', () => {
  it.each([
    {
      of: 'gpt-6-luna',
      usage: { uncachedInput: 1_000_000 },
      nano: 200_000_000n,
      why: 'prices a long prompt in the upper band',
    },
    {
      of: 'gpt-6-luna',
      usage: { uncachedInput: 272_000 },
      nano: 27_200_000n,
      why: 'uses the lower band at its upper limit',
    },
    {
      of: 'gpt-6-luna',
      usage: { uncachedInput: 272_001 },
      nano: 54_400_200n,
      why: 'prices the whole request in the upper band one token above',
    },
    {
      of: 'claude-haiku-5-5',
      usage: { uncachedInput: 50_000, cacheRead: 50_000, output: 1_000 },
      nano: 6_000_000n,
      why: 'counts cache reads towards the band',
    },
    {
      of: 'claude-haiku-5-5',
      usage: { uncachedInput: 50_000, cacheRead: 50_001, output: 1_000 },
      nano: 30_000_050n,
      why: 'raises reads and output too when the prompt is long',
    },
    {
      of: 'claude-opus-5-5',
      usage: { cacheWrite5m: 1_000, cacheWrite1h: 1_000 },
      nano: 13_000_000n,
      why: 'distinguishes the two cache lifetimes',
    },
    {
      of: 'gpt-4o',
      usage: { cacheWrite5m: 1_000 },
      nano: 2_500_000n,
      why: 'charges plain input for a write where no premium exists',
    },
    { of: 'gpt-5-nano', usage: { cacheRead: 1 }, nano: 5n, why: 'is exact below a micro-dollar' },
  ])('$why ($of)', ({ of, usage, nano }) => {
    expect(calculateCost(usageOf(usage), model(of), NOW)).toBe(nano);
  });

  it('halves every price in batch mode', () => {
    const usage = usageOf({ uncachedInput: 1_000, cacheRead: 400, output: 300 });
    expect(calculateCost(usage, model('gpt-6-sol'), NOW, { batch: true }) * 2n).toBe(
      calculateCost(usage, model('gpt-6-sol'), NOW),
    );
  });

  it('uses the price in force at the time of the call', () => {
    const usage = usageOf({ cacheRead: 1_000_000 });
    const before = calculateCost(usage, model('claude-sonnet-5-5'), Date.parse('2026-10-06T23:59:59.999Z'));
    const after = calculateCost(usage, model('claude-sonnet-5-5'), Date.parse('2026-10-07T00:00:00Z'));
    expect([before, after]).toEqual([200_000_000n, 100_000_000n]);
  });

  it('uses the oldest price for a time before the first row', () => {
    expect(calculateCost(usageOf({ output: 1_000 }), model('gpt-6-sol'), 0)).toBe(10_000_000n);
  });

  it('rejects negative and fractional counts', () => {
    expect(() => calculateCost(usageOf({ output: -1 }), model('gpt-6-sol'), NOW)).toThrow(RangeError);
    expect(() => calculateCost(usageOf({ output: 0.5 }), model('gpt-6-sol'), NOW)).toThrow(RangeError);
  });

  it('is never negative, and never more than half a nano-dollar from the exact amount', () => {
    fc.assert(
      fc.property(someUsage, someModel, someInstant, fc.boolean(), (usage, of, atMs, batch) => {
        const row = priceRowAt(of, atMs);
        const band = bandFor(row, promptTokens(usage));
        const exactPico =
          BigInt(usage.uncachedInput) * band.input +
          BigInt(usage.cacheRead) * band.cacheRead +
          BigInt(usage.cacheWrite5m) * band.cacheWrite5m +
          BigInt(usage.cacheWrite1h) * band.cacheWrite1h +
          BigInt(usage.output) * band.output;
        const exactTimes100k = exactPico * BigInt(batch ? row.batchPercent : 100);
        const cost = calculateCost(usage, of, atMs, { batch });
        const offBy = cost * 100_000n - exactTimes100k;
        expect(cost >= 0n).toBe(true);
        expect(offBy <= 50_000n && offBy > -50_000n).toBe(true);
      }),
    );
  });

  it('never decreases when a count increases', () => {
    const kinds = fc.constantFrom('uncachedInput', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'output' as const);
    fc.assert(
      fc.property(someUsage, someModel, kinds, fc.integer({ min: 1, max: 300_000 }), (usage, of, kind, more) => {
        const larger = { ...usage, [kind]: usage[kind] + more };
        expect(calculateCost(larger, of, NOW) >= calculateCost(usage, of, NOW)).toBe(true);
      }),
    );
  });

  it('changes band exactly where the table says', () => {
    for (const of of catalog.models) {
      for (const row of of.prices) {
        row.bands.forEach((band, index) => {
          if (band.upToPromptTokens === undefined) return;
          expect(bandFor(row, band.upToPromptTokens)).toBe(band);
          expect(bandFor(row, band.upToPromptTokens + 1)).toBe(row.bands[index + 1]);
        });
      }
    }
  });
});

describe('calculateWorstCase', () => {
  it('prices the prompt at the cache-write premium and the reply at its cap', () => {
    const worst = calculateWorstCase({ promptTokens: 1_000, maxOutputTokens: 100 }, model('claude-opus-5-5'), NOW);
    expect(worst).toBe(1_000n * 5_000n + 100n * 20_000n);
  });

  it('considers every band of a shorter prompt', () => {
    const long = priceRowAt(model('gpt-4o'), NOW).bands[0];
    const dearShort = { ...long, upToPromptTokens: 1_000, input: long.input * 100n, cacheWrite5m: long.input * 100n };
    const odd: Model = {
      ...model('gpt-4o'),
      prices: [{ effectiveFromMs: 0, batchPercent: 50, serviceTierPercent: {}, bands: [dearShort, long] }],
    };
    const worst = calculateWorstCase({ promptTokens: 1_001, maxOutputTokens: 0 }, odd, NOW);
    expect(worst).toBe(calculateCost(usageOf({ uncachedInput: 1_000 }), odd, NOW));
  });

  it('covers every call within its counts', () => {
    fc.assert(
      fc.property(someUsage, someModel, someInstant, someTokens, fc.boolean(), (usage, of, atMs, slack, batch) => {
        const request = {
          promptTokens: promptTokens(usage) + slack,
          maxOutputTokens: usage.output,
          cacheWrite: '1h' as const,
          batch,
        };
        expect(calculateWorstCase(request, of, atMs) >= calculateCost(usage, of, atMs, { batch })).toBe(true);
      }),
    );
  });
});

describe('calculateBaseline', () => {
  it('prices the same tokens on the baseline model without caching', () => {
    const usage = usageOf({ uncachedInput: 100, cacheRead: 800, cacheWrite5m: 100, output: 50 });
    expect(calculateBaseline(usage, model('gpt-6-sol'), NOW)).toBe(1_000n * 2_000n + 50n * 10_000n);
  });
});

describe('service tiers', () => {
  const tiered = buildModel(
    'local',
    ModelSpec.parse({
      id: 'm',
      contextTokens: 8_000,
      maxOutputTokens: 2_000,
      prices: [{ bands: [{ input: 1, output: 2 }], serviceTiers: { flex: 50, priority: 200 } }],
    }),
  );
  const usage = { uncachedInput: 100, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 10, reasoning: 0 };

  it.each([
    { serviceTier: undefined, cost: 120_000n },
    { serviceTier: 'default', cost: 120_000n },
    { serviceTier: 'standard', cost: 120_000n },
    { serviceTier: 'flex', cost: 60_000n },
    { serviceTier: 'priority', cost: 240_000n },
    // Without a price: the highest tier price.
    { serviceTier: 'ultrafast', cost: 240_000n },
    { serviceTier: 'constructor', cost: 240_000n },
    { serviceTier: '__proto__', cost: 240_000n },
  ])('bills $serviceTier at its percentage of the standard price', ({ serviceTier, cost }) => {
    expect(calculateCost(usage, tiered, 0, { serviceTier })).toBe(cost);
  });

  it('reserves the standard price for a cheaper tier, because the provider may fall back to it', () => {
    const most = { promptTokens: 100, maxOutputTokens: 10, cacheWrite: 'none' } as const;
    expect(calculateWorstCase({ ...most, serviceTier: 'flex' }, tiered, 0)).toBe(120_000n);
    expect(calculateWorstCase({ ...most, serviceTier: 'priority' }, tiered, 0)).toBe(240_000n);
  });

  it('requests a tier only for models with tier prices', () => {
    expect(requestedServiceTier(tiered, 0)).toBe('default');
    expect(requestedServiceTier({ ...tiered, serviceTier: 'flex' }, 0)).toBe('flex');
    expect(requestedServiceTier(model('gpt-4o'), NOW)).toBeUndefined();
  });
});
