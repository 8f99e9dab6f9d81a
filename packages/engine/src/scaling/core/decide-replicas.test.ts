import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decideReplicas, type PoolFacts, type ScalingMemory, type ScalingPolicy } from './decide-replicas.ts';

const policy: ScalingPolicy = {
  objectivesMs: { interactive: 5_000, batch: 600_000 },
  utilisation: 0.8,
  cooldown: { outMs: 3_000, inMs: 60_000 },
  assumedStepMs: 10_000,
};

const aPool = (
  facts: Partial<PoolFacts> & { waiting?: number; batch?: number; oldestWaitMs?: number } = {},
): PoolFacts => {
  const { waiting = 0, batch = 0, oldestWaitMs = 0, ...rest } = facts;
  return {
    nowMs: 1_000_000,
    lanes: [
      { lane: 'interactive', backlog: waiting, oldestWaitMs },
      { lane: 'batch', backlog: batch, oldestWaitMs },
    ],
    inFlight: 0,
    currentReplicas: 0,
    concurrency: 10,
    min: 0,
    max: 100,
    ...rest,
  };
};
const held = (desired: number, facts: Partial<ScalingMemory> = {}): ScalingMemory => ({
  desired,
  grewAtMs: 0,
  peaks: [],
  ...facts,
});
const desired = (facts: PoolFacts, memory?: ScalingMemory): number =>
  decideReplicas(facts, policy, memory).desiredReplicas;

describe('decideReplicas', () => {
  it('wants nobody where nothing waits or runs', () => {
    expect(desired(aPool())).toBe(0);
  });

  it('wants one at once for the first step, from zero', () => {
    expect(desired(aPool({ waiting: 1 }), held(0, { grewAtMs: 999_999 }))).toBe(1);
  });

  it('gives steps that must start within seconds a slot each', () => {
    // 100 steps of 10 s each, 10 slots a worker: 10 workers' work, at 80 %.
    expect(desired(aPool({ waiting: 100 }))).toBe(13);
  });

  it('gives steps that may wait for minutes what ends them in time', () => {
    // 6,000 × 10 s over 600 s and 10 slots: 10 workers' work.
    expect(desired(aPool({ batch: 6_000 }))).toBe(13);
  });

  it('wants more the longer the oldest waits', () => {
    const waits = [0, 300_000, 599_000].map((oldestWaitMs) => desired(aPool({ batch: 3_000, oldestWaitMs })));
    expect(waits).toEqual([7, 13, 25]);
  });

  it('wants fewer where steps are measured to be shorter', () => {
    expect(desired(aPool({ waiting: 100, meanStepMs: 500 }))).toBe(2);
  });

  it('keeps what running steps need', () => {
    expect(desired(aPool({ inFlight: 40, currentReplicas: 6 }))).toBe(5);
  });

  it('does not ask for more than the providers can serve, and says so', () => {
    const decision = decideReplicas(aPool({ waiting: 500, usefulParallelism: 35 }), policy);
    expect(decision).toMatchObject({ desiredReplicas: 4, limitedBy: 'provider' });
  });

  it('does not ask for more than the budget pays for, but for one: somebody must end what waits', () => {
    expect(decideReplicas(aPool({ waiting: 500, budgetAllows: 2.9 }), policy)).toMatchObject({
      desiredReplicas: 2,
      limitedBy: 'budget',
    });
    expect(decideReplicas(aPool({ waiting: 500, budgetAllows: 0 }), policy).desiredReplicas).toBe(1);
  });

  it('names the tightest limit', () => {
    const facts = aPool({ waiting: 500, usefulParallelism: 300, budgetAllows: 20, max: 8 });
    expect(decideReplicas(facts, policy)).toMatchObject({ desiredReplicas: 8, limitedBy: 'max' });
  });

  it('names no limit where none holds it back', () => {
    expect(decideReplicas(aPool({ waiting: 10, max: 8 }), policy)).not.toHaveProperty('limitedBy');
  });

  it('grows no second time within the cooldown', () => {
    const memory = held(2, { grewAtMs: 999_000 });
    expect(desired(aPool({ waiting: 100 }), memory)).toBe(2);
    expect(desired(aPool({ waiting: 100, nowMs: 1_002_000 }), memory)).toBe(13);
  });

  it('shrinks only after load has been low for the whole cooldown', () => {
    let memory = decideReplicas(aPool({ waiting: 100 }), policy).memory;
    const sizes = [30, 59, 60].map((second) => {
      const decision = decideReplicas(aPool({ nowMs: 1_000_000 + second * 1_000 }), policy, memory);
      memory = decision.memory;
      return decision.desiredReplicas;
    });
    expect(sizes).toEqual([13, 13, 0]);
  });

  it('says what it saw', () => {
    const { reason } = decideReplicas(aPool({ waiting: 3, oldestWaitMs: 1_200, inFlight: 16 }), policy);
    expect(reason).toBe('3 interactive wait, the oldest 1.2 s of 5 s; 16 run: 1.9 workers’ work');
  });

  const anyCount = fc.oneof(fc.nat(1_000_000), fc.constantFrom(0, 1, NaN, Infinity, -5, 1e300, 0.5));
  const anyFacts: fc.Arbitrary<PoolFacts> = fc.record({
    nowMs: fc.oneof(fc.nat(10_000_000), fc.constant(NaN)),
    lanes: fc.array(
      fc.record({ lane: fc.constantFrom('interactive', 'batch'), backlog: anyCount, oldestWaitMs: anyCount }),
      { maxLength: 3 },
    ),
    inFlight: anyCount,
    currentReplicas: anyCount,
    concurrency: anyCount,
    meanStepMs: fc.option(anyCount, { nil: undefined }),
    usefulParallelism: fc.option(anyCount, { nil: undefined }),
    budgetAllows: fc.option(anyCount, { nil: undefined }),
    min: fc.nat(50),
    max: fc.nat(200),
  });
  const anyMemory: fc.Arbitrary<ScalingMemory | undefined> = fc.option(
    fc.record({
      desired: fc.nat(200),
      grewAtMs: fc.nat(10_000_000),
      peaks: fc.array(fc.record({ atMs: fc.nat(10_000_000), load: fc.double({ min: 0, max: 500, noNaN: true }) }), {
        maxLength: 5,
      }),
    }),
    { nil: undefined },
  );

  it('always answers a whole number between min and max, whatever it is told', () => {
    fc.assert(
      fc.property(anyFacts, anyMemory, (facts, memory) => {
        const answer = desired(facts, memory);
        expect(Number.isSafeInteger(answer)).toBe(true);
        expect(answer).toBeGreaterThanOrEqual(facts.min);
        expect(answer).toBeLessThanOrEqual(Math.max(facts.min, facts.max));
      }),
    );
  });

  it('never wants fewer for a longer backlog', () => {
    fc.assert(
      fc.property(anyFacts, anyMemory, fc.nat(10_000), fc.nat(10_000), (facts, memory, backlog, more) => {
        const sized = (size: number) =>
          desired(
            { ...facts, lanes: [...facts.lanes, { lane: 'interactive', backlog: size, oldestWaitMs: 0 }] },
            memory,
          );
        expect(sized(backlog + more)).toBeGreaterThanOrEqual(sized(backlog));
      }),
    );
  });

  it('wants at least one at once where a step waits and one may be had', () => {
    fc.assert(
      fc.property(anyFacts, anyMemory, fc.integer({ min: 1, max: 200 }), (facts, memory, max) => {
        const waiting = { ...facts, max, lanes: [{ lane: 'batch' as const, backlog: 1, oldestWaitMs: 0 }] };
        expect(desired(waiting, memory)).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it('comes to its minimum once nothing has come for a cooldown, whatever was before', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const nowMs = Number.isFinite(facts.nowMs) ? facts.nowMs : 0;
        const { memory } = decideReplicas({ ...facts, nowMs }, policy);
        const idle = { ...facts, lanes: [], inFlight: 0, nowMs: nowMs + policy.cooldown.inMs };
        expect(desired(idle, memory)).toBe(facts.min);
      }),
    );
  });

  it('stays where it is on a constant load with noise: it never grows again, and shrinks at most to what the noise needs', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 2_000 }),
        fc.array(fc.double({ min: -0.1, max: 0.1, noNaN: true }), { minLength: 30, maxLength: 200 }),
        (running, noise) => {
          let memory: ScalingMemory | undefined;
          const sizes = noise.map((deviation, look) => {
            const inFlight = running * (1 + deviation);
            const decision = decideReplicas(
              aPool({ inFlight, nowMs: 1_000_000 + look * 5_000, currentReplicas: memory?.desired ?? 0 }),
              policy,
              memory,
            );
            memory = decision.memory;
            return decision.desiredReplicas;
          });
          // Growth ends with the first cooldown; what follows only ever gets smaller.
          const settled = sizes.slice(12);
          expect(settled).toEqual(settled.toSorted((a, b) => b - a));
        },
      ),
    );
  });

  it('remembers little, however long it runs', () => {
    let memory: ScalingMemory | undefined;
    for (let look = 0; look < 5_000; look += 1) {
      const inFlight = 10_000 - look;
      ({ memory } = decideReplicas(aPool({ inFlight, nowMs: 1_000_000 + look * 500 }), policy, memory));
    }
    expect(memory?.peaks.length).toBeLessThanOrEqual(33);
  });

  it('leaves a memory that survives JSON', () => {
    fc.assert(
      fc.property(anyFacts, anyMemory, (facts, memory) => {
        const left = decideReplicas(facts, policy, memory).memory;
        expect(JSON.parse(JSON.stringify(left))).toEqual(left);
      }),
    );
  });
});
