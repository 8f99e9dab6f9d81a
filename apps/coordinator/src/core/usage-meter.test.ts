import { describe, expect, it } from 'vitest';

import { createUsageMeter } from './usage-meter.ts';

const LIMITS = { process: 100, tenant: 60, key: 40 };
const consumer = (tenantId: string | null, keyId: string) => ({ tenantId, keyId });

describe('createUsageMeter', () => {
  it('names the first limit that is in the way, and adds nothing then', () => {
    const meter = createUsageMeter(LIMITS);
    expect(meter.add(consumer('a', 'a1'), 40)).toBeUndefined();
    expect(meter.add(consumer('a', 'a1'), 1)).toBe('key');
    expect(meter.add(consumer('a', 'a2'), 21)).toBe('tenant');
    expect(meter.add(consumer('b', 'b1'), 40)).toBeUndefined();
    expect(meter.add(consumer('c', 'c1'), 21)).toBe('process');
    expect(meter.add(consumer('c', 'c1'), 20)).toBeUndefined();
    expect(meter.total).toBe(100);
  });

  it('serves small amounts of others though the process is full', () => {
    const meter = createUsageMeter({ process: 10, tenant: 10, key: 10 }, 2);
    expect(meter.add(consumer('a', 'a1'), 10)).toBeUndefined();
    expect(meter.add(consumer('b', 'b1'), 3)).toBe('process');
    expect(meter.add(consumer('b', 'b1'), 2)).toBeUndefined();
  });

  it('keeps no entry for those who use nothing', () => {
    const meter = createUsageMeter(LIMITS);
    for (let n = 0; n < 50; n += 1) {
      meter.add(consumer(`t${n}`, `k${n}`), 1);
      meter.subtract(consumer(`t${n}`, `k${n}`), 1);
    }
    expect(meter.entries).toBe(0);
    expect(meter.total).toBe(0);
  });
});
