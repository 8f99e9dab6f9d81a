import { parseUsd } from '@pressroom/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { aCall, aTask } from '../testing/fakes.ts';
import { summariseCost } from './cost-summary.ts';

describe('summariseCost', () => {
  it('takes totals from the task and adds the levers up from its calls', () => {
    const calls = [
      aCall({ lever: 'tier', costUsd: '0.000000001', baselineUsd: '0.000000003' }),
      aCall({ lever: 'tier', costUsd: '0.000000000', baselineUsd: '0.100000000' }),
      aCall({ lever: 'avoided', costUsd: '0.000000000', baselineUsd: '0.000000007' }),
    ];
    expect(summariseCost(aTask(), calls)).toMatchObject({
      usd: '0.004200000',
      savedPercent: 60,
      savedByLever: { tier: '0.100000002', avoided: '0.000000007' },
      simulated: true,
    });
  });

  it('credits a paid call to its cheaper model, and to the provider’s prompt cache where that took part', () => {
    const { lever: _, ...paid } = aCall();
    expect(_).toBe('tier');
    const calls = [{ ...paid, cachedInputTokens: 0 }, paid];
    expect(summariseCost(aTask(), calls).savedByLever).toEqual({
      tier: '0.006300000',
      'tier+prompt-cache': '0.006300000',
    });
  });

  it('has no percentage without a baseline', () => {
    const { cost } = aTask();
    const task = aTask({ cost: { ...cost, baselineUsd: '0.000000000', savedUsd: '0.000000000' } });
    expect(summariseCost(task, []).savedPercent).toBe(0);
  });

  it('loses no nano-dollar, whatever the calls', () => {
    const amount = fc
      .bigInt(0n, 10n ** 15n)
      .map((nano) => `${nano / 10n ** 9n}.${(nano % 10n ** 9n).toString().padStart(9, '0')}`);
    const call = fc
      .record({ costUsd: amount, baselineUsd: amount, lever: fc.constantFrom('tier', 'batch', 'avoided') })
      .map((fields) => aCall(fields));
    fc.assert(
      fc.property(fc.array(call), (calls) => {
        const expected = calls.reduce((sum, each) => sum + parseUsd(each.baselineUsd) - parseUsd(each.costUsd), 0n);
        const byLever = Object.values(summariseCost(aTask(), calls).savedByLever);
        expect(byLever.reduce((sum, usd) => sum + parseUsd(usd), 0n)).toBe(expected);
      }),
    );
  });
});
