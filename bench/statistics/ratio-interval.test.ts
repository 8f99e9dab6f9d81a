import { describe, expect, it } from 'vitest';

import { ratioInterval } from './ratio-interval.ts';

describe('ratioInterval', () => {
  it('is a point for equal ratios', () => {
    const interval = ratioInterval([1.1, 1.1, 1.1]);
    expect(interval?.low).toBeCloseTo(1.1, 10);
    expect(interval?.high).toBeCloseTo(1.1, 10);
  });

  it('is reciprocal when the contenders are exchanged', () => {
    const ratios = [0.9, 1.05, 1.2, 0.97, 1.01];
    const [one, other] = [ratioInterval(ratios), ratioInterval(ratios.map((ratio) => 1 / ratio))];
    expect(other?.mean).toBeCloseTo(1 / (one?.mean ?? 0), 10);
    expect(other?.low).toBeCloseTo(1 / (one?.high ?? 0), 10);
  });

  it('agrees with a manual calculation of Student’s t', () => {
    // Logs 0 and ln 2: mean ln √2, standard error (ln 2)/2, t(1) = 12.706.
    const interval = ratioInterval([1, 2]);
    expect(interval?.mean).toBeCloseTo(Math.SQRT2, 10);
    expect(Math.log(interval?.high ?? 0)).toBeCloseTo(Math.LN2 / 2 + (12.706 * Math.LN2) / 2, 10);
  });

  it('is undefined for a single pair and for ratios that are not positive', () => {
    expect(ratioInterval([1])).toBeUndefined();
    expect(ratioInterval([1, 0])).toBeUndefined();
  });
});
