import type { DeadLetterGrowth } from '@pressroom/db';

export interface GrowthPolicy {
  /** Length of the window that is compared with the one before it. */
  windowMs: number;
  /** Fewer new dead letters than this are nobody's alarm. */
  minCount: number;
  /** How many times as many as in the window before. */
  factor: number;
}

export interface GrowthAlert {
  /** Null is the whole installation. */
  tenantId: string | null;
  current: number;
  previous: number;
}

/**
 * Whose dead letters grow: of the installation as a whole, and of each tenant. Jobs that nobody could read belong to no
 * tenant and count for the whole.
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
