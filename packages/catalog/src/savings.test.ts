import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCatalog } from './catalog.ts';
import { calculateBaseline, calculateCost } from './cost.ts';
import { attributeSavings } from './savings.ts';

const catalog = createCatalog();
const NOW = Date.parse('2026-11-20T00:00:00Z');
const baseline = catalog.baseline(NOW);
const tokens = fc.integer({ min: 0, max: 300_000 });

describe('attributeSavings', () => {
  it('splits the savings exactly: the levers add up to baseline − paid', () => {
    const call = fc.record({
      usage: fc.record({
        uncachedInput: tokens,
        cacheRead: tokens,
        cacheWrite5m: tokens,
        cacheWrite1h: tokens,
        output: tokens,
        reasoning: fc.constant(0),
      }),
      model: fc.constantFrom(...catalog.models),
      batch: fc.boolean(),
      avoided: fc.boolean(),
    });
    fc.assert(
      fc.property(call, (made) => {
        const { avoided, tier, promptCache, batch } = attributeSavings(made, baseline, NOW);
        const paid = made.avoided ? 0n : calculateCost(made.usage, made.model, NOW, { batch: made.batch });
        expect(avoided + tier + promptCache + batch).toBe(calculateBaseline(made.usage, baseline, NOW) - paid);
      }),
    );
  });

  it('shows an unread cache write as a loss of the prompt cache', () => {
    const usage = { uncachedInput: 0, cacheRead: 0, cacheWrite5m: 10_000, cacheWrite1h: 0, output: 0, reasoning: 0 };
    const saved = attributeSavings({ usage, model: baseline, batch: false, avoided: false }, baseline, NOW);
    expect(saved).toEqual({ avoided: 0n, tier: 0n, promptCache: -5_000_000n, batch: 0n });
  });
});
