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
const aMemory = (desired: number, facts: Partial<ScalingMemory> = {}): ScalingMemory => ({
  desired,
  grewAtMs: 0,
  peaks: [],
  ...facts,
});
const desired = (facts: PoolFacts, memory?: ScalingMemory): number =>
  decideReplicas(facts, policy, memory).desiredReplicas;

describe('decideReplicas', () => {
  it('is 0 without waiting and running steps', () => {
    expect(desired(aPool())).toBe(0);
  });

  it('is 1 at once for the first step, from zero', () => {
    expect(desired(aPool({ waiting: 1 }), aMemory(0, { grewAtMs: 999_999 }))).toBe(1);
  });

  it('provides one slot per step when steps must start within seconds', () => {
    // 100 steps of 10 s each, 10 slots per worker: a load of 10 workers, at 80 %.
    expect(desired(aPool({ waiting: 100 }))).toBe(13);
  });

  it('provides enough slots to start steps in time when they may wait for minutes', () => {
    // 6,000 × 10 s over 600 s and 10 slots: a load of 10 workers.
    expect(desired(aPool({ batch: 6_000 }))).toBe(13);
  });

  it('grows with the age of the oldest step', () => {
    const waits = [0, 300_000, 599_000].map((oldestWaitMs) => desired(aPool({ batch: 3_000, oldestWaitMs })));
    expect(waits).toEqual([7, 13, 25]);
  });

  it('is lower for shorter measured steps', () => {
    expect(desired(aPool({ waiting: 100, meanStepMs: 500 }))).toBe(2);
  });

  it('keeps the workers that running steps need', () => {
    expect(desired(aPool({ inFlight: 40, currentReplicas: 6 }))).toBe(5);
  });

  it('is limited by what the providers can serve', () => {
    const decision = decideReplicas(aPool({ waiting: 500, usefulParallelism: 35 }), policy);
    expect(decision).toMatchObject({ desiredReplicas: 4, limitedBy: 'provider' });
  });

  it('is limited by the budget, but at least 1 so that waiting tasks can be finalised', () => {
    expect(decideReplicas(aPool({ waiting: 500, budgetAllows: 2.9 }), policy)).toMatchObject({
      desiredReplicas: 2,
      limitedBy: 'budget',
    });
    expect(decideReplicas(aPool({ waiting: 500, budgetAllows: 0 }), policy).desiredReplicas).toBe(1);
  });

  it('reports the tightest limit', () => {
    const facts = aPool({ waiting: 500, usefulParallelism: 300, budgetAllows: 20, max: 8 });
    expect(decideReplicas(facts, policy)).toMatchObject({ desiredReplicas: 8, limitedBy: 'max' });
  });

  it('reports no limit when none applies', () => {
    expect(decideReplicas(aPool({ waiting: 10, max: 8 }), policy)).not.toHaveProperty('limitedBy');
  });

  it('does not grow twice within the cooldown', () => {
    const memory = aMemory(2, { grewAtMs: 999_000 });
    expect(desired(aPool({ waiting: 100 }), memory)).toBe(2);
    expect(desired(aPool({ waiting: 100, nowMs: 1_002_000 }), memory)).toBe(13);
  });

  it('shrinks only after a whole cooldown of low load', () => {
    let memory = decideReplicas(aPool({ waiting: 100 }), policy).memory;
    const sizes = [30, 59, 60].map((second) => {
      const decision = decideReplicas(aPool({ nowMs: 1_000_000 + second * 1_000 }), policy, memory);
      memory = decision.memory;
      return decision.desiredReplicas;
    });
    expect(sizes).toEqual([13, 13, 0]);
  });

  it('explains its inputs and its result', () => {
    const { reason } = decideReplicas(aPool({ waiting: 3, oldestWaitMs: 1_200, inFlight: 16 }), policy);
    expect(reason).toBe(
      '3 waiting interactive steps, oldest 1.2 s of 5 s; 16 running steps: need 1.9 workers; scale out to 3',
    );
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

  it('is always an integer between min and max, for any input', () => {
    fc.assert(
      fc.property(anyFacts, anyMemory, (facts, memory) => {
        const answer = desired(facts, memory);
        expect(Number.isSafeInteger(answer)).toBe(true);
        expect(answer).toBeGreaterThanOrEqual(facts.min);
        expect(answer).toBeLessThanOrEqual(Math.max(facts.min, facts.max));
      }),
    );
  });

  it('never decreases with a longer backlog', () => {
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

  it('is at least 1 at once when a step waits and max allows', () => {
    fc.assert(
      fc.property(anyFacts, anyMemory, fc.integer({ min: 1, max: 200 }), (facts, memory, max) => {
        const waiting = { ...facts, max, lanes: [{ lane: 'batch' as const, backlog: 1, oldestWaitMs: 0 }] };
        expect(desired(waiting, memory)).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  it('reaches its minimum after a cooldown without steps, from any state', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const nowMs = Number.isFinite(facts.nowMs) ? facts.nowMs : 0;
        const { memory } = decideReplicas({ ...facts, nowMs }, policy);
        const idle = { ...facts, lanes: [], inFlight: 0, nowMs: nowMs + policy.cooldown.inMs };
        expect(desired(idle, memory)).toBe(facts.min);
      }),
    );
  });

  it('is stable under a constant load with noise: never grows again, and shrinks at most to what the noise needs', () => {
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
          // Growth ends with the first cooldown; later values only shrink.
          const settled = sizes.slice(12);
          expect(settled).toEqual(settled.toSorted((a, b) => b - a));
        },
      ),
    );
  });

  it('stores a bounded number of peaks', () => {
    let memory: ScalingMemory | undefined;
    for (let look = 0; look < 5_000; look += 1) {
      const inFlight = 10_000 - look;
      ({ memory } = decideReplicas(aPool({ inFlight, nowMs: 1_000_000 + look * 500 }), policy, memory));
    }
    expect(memory?.peaks.length).toBeLessThanOrEqual(33);
  });

  it('has a memory that survives JSON', () => {
    fc.assert(
      fc.property(anyFacts, anyMemory, (facts, memory) => {
        const left = decideReplicas(facts, policy, memory).memory;
        expect(JSON.parse(JSON.stringify(left))).toEqual(left);
      }),
    );
  });
});
