import { describe, expect, it } from 'vitest';

import { aCall, aTask } from '../testing/fakes.ts';
import { formatCostReport } from './cost-report.ts';
import { summariseCost } from './cost-summary.ts';

describe('formatCostReport', () => {
  it('is a receipt: each call, the totals, the baseline, the saving and its levers', () => {
    const calls = [
      aCall(),
      aCall({
        stepKey: 'draft-1',
        cache: 'shared',
        status: 'avoided',
        costUsd: '0.000000000',
        baselineUsd: '0.000000000',
      }),
    ];
    expect(`${formatCostReport(calls, summariseCost(aTask(), calls))}\n`).toBe(`\
Step      Purpose    Tier  Model    Cache   Status      In  Cached  Out       Cost   Baseline
────────  ─────────  ────  ───────  ──────  ───────  ─────  ──────  ───  ─────────  ─────────
research  summarise  T1    small-1  miss    ok       1,200     400   90  $0.004200  $0.010500
draft-1   summarise  T1    small-1  shared  avoided  1,200     400   90  $0.000000  $0.000000

Calls     2, of which 1 from caches
Tokens    12,345 in, 678 out
Paid      $0.004200
Baseline  $0.010500 (the same tokens on the baseline model, nothing cached)
Saved     $0.006300 (60.0 %)
  tier             $0.006300

SIMULATED: no provider key is set, so the offline simulator wrote the text and the prices are simulated too.
`);
  });

  it('does not call real calls simulated', () => {
    const calls = [aCall({ simulated: false })];
    expect(formatCostReport(calls, summariseCost(aTask({ simulated: false }), calls))).not.toContain('SIMULATED');
  });
});
