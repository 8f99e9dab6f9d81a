import { describe, expect, it } from 'vitest';

import { decideGrowthAlerts } from './decide-growth-alert.ts';

const POLICY = { windowMs: 600_000, minCount: 20, factor: 2 };

describe('decideGrowthAlerts', () => {
  it('alerts for the tenant whose dead letters grow, and for the installation', () => {
    const growth = [
      { tenantId: 'quiet', current: 3, previous: 3 },
      { tenantId: 'loud', current: 40, previous: 10 },
    ];
    expect(decideGrowthAlerts(growth, POLICY)).toEqual([
      { tenantId: null, current: 43, previous: 13 },
      { tenantId: 'loud', current: 40, previous: 10 },
    ]);
  });

  it.each([
    ['few, all of them new', { current: 19, previous: 0 }, 0],
    ['many, as many as before', { current: 40, previous: 20 }, 0],
    ['many and more than twice as many', { current: 41, previous: 20 }, 2],
    ['the first ever', { current: 20, previous: 0 }, 2],
  ])('handles %s', (_title, counts, alerts) => {
    expect(decideGrowthAlerts([{ tenantId: 'a', ...counts }], POLICY)).toHaveLength(alerts);
  });

  it('alerts for the installation when no single tenant reaches the limit', () => {
    const growth = ['a', 'b', 'c'].map((tenantId) => ({ tenantId, current: 10, previous: 1 }));
    expect(decideGrowthAlerts(growth, POLICY)).toEqual([{ tenantId: null, current: 30, previous: 3 }]);
  });

  it('counts unreadable jobs for the installation only', () => {
    expect(decideGrowthAlerts([{ tenantId: null, current: 30, previous: 0 }], POLICY)).toEqual([
      { tenantId: null, current: 30, previous: 0 },
    ]);
  });
});
