import { describe, expect, it } from 'vitest';

import { policyFromConfig, poolsFromConfig, ScalingConfig } from './scaling-config.ts';

describe('ScalingConfig', () => {
  it('has a default for everything', () => {
    const config = ScalingConfig.parse({});
    expect(poolsFromConfig(config)).toEqual([]);
    expect(policyFromConfig(config)).toEqual({
      objectivesMs: { interactive: 5_000, batch: 600_000 },
      utilisation: 0.8,
      cooldown: { outMs: 3_000, inMs: 60_000 },
      assumedStepMs: 10_000,
    });
  });

  it('parses pools in the syntax of PRESSROOM_POOLS', () => {
    const config = ScalingConfig.parse({ pools: { drafts: { queues: 'draft.*', min: 1, max: 4 } } });
    expect(poolsFromConfig(config)).toEqual([
      { name: 'drafts', queues: ['draft.interactive', 'draft.batch'], min: 1, max: 4 },
    ]);
  });

  it.each([
    [{ pools: { drafts: { queues: 'drafting.*' } } }, 'unknown agent'],
    [{ pools: { drafts: { queues: 'draft.*', min: 5, max: 2 } } }, 'min must not exceed max'],
    [{ pools: { 'no spaces': { queues: '*' } } }, 'lower case'],
    [{ scaling: { cooldown: 5 } }, 'cooldown'],
  ])('rejects %j with the reason', (section, why) => {
    expect(JSON.stringify(ScalingConfig.safeParse(section).error?.issues)).toContain(why);
  });
});
