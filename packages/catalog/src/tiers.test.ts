import { describe, expect, it } from 'vitest';
import { shiftTier, tierForQuality } from './tiers.ts';

describe('tierForQuality', () => {
  it.each([
    ['T1', 'economy', 'T1'],
    ['T2', 'economy', 'T1'],
    ['T3', 'economy', 'T2'],
    ['T2', 'balanced', 'T2'],
    ['T1', 'premium', 'T2'],
    ['T2', 'premium', 'T3'],
    ['T3', 'premium', 'T3'],
  ] as const)('shifts %s at %s quality to %s', (tier, quality, expected) => {
    expect(tierForQuality(tier, quality)).toBe(expected);
  });
});

describe('shiftTier', () => {
  it('stays within T1 and T3 for any shift', () => {
    expect(shiftTier('T2', 9)).toBe('T3');
    expect(shiftTier('T2', -9)).toBe('T1');
  });
});
