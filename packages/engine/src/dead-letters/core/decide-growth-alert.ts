import type { DeadLetterGrowth } from '@pressroom/db';

export interface GrowthPolicy {
  /** Length of the window, which is compared with the previous one. */
  windowMs: number;
  /** Least number of new dead letters for an alert. */
  minCount: number;
  /** Growth over the previous window above which to alert. */
  factor: number;
}

export interface GrowthAlert {
  /** Null for the whole installation. */
  tenantId: string | null;
  current: number;
  previous: number;
}

/**
 * Decides for which tenants, and whether for the whole installation, to raise an alert. Unreadable jobs belong to no tenant and
 * count for the installation. Pure.
 */
export function decideGrowthAlerts(growth: readonly DeadLetterGrowth[], policy: GrowthPolicy): GrowthAlert[] {
  const whole = growth.reduce(
    (sum, { current, previous }) => ({ current: sum.current + current, previous: sum.previous + previous }),
    { current: 0, previous: 0 },
  );
  return [{ tenantId: null, ...whole }, ...growth.filter(({ tenantId }) => tenantId !== null)].filter(
    ({ current, previous }) => current >= policy.minCount && current > policy.factor * previous,
  );
}
