import { QUALITIES, TIERS } from '@pressroom/contracts';
import { findPipeline, listPipelines, type PlannedStep } from '@pressroom/pipelines';
import { aPipeline, aPlannedStep } from '@pressroom/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { extendPlan, planTask, type PlanRequest } from './plan-task.ts';

const request = (facts: Partial<PlanRequest> = {}): PlanRequest => {
  let ids = 0;
  return {
    pipeline: aPipeline(),
    input: { topic: 'tests' },
    quality: 'balanced',
    lane: 'interactive',
    newId: () => `id-${(ids += 1)}`,
    ...facts,
  };
};
const withPlan = (steps: PlannedStep[]) => request({ pipeline: aPipeline({ plan: () => steps }) });

/** Acyclic plans of any shape: a step depends on some of the steps before it. */
const plans = fc.array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 12 }).map((rows) =>
  rows.map((picks, index) =>
    aPlannedStep({
      key: `step-${index}`,
      dependsOn: index === 0 ? [] : [...new Set(picks.map((pick) => `step-${pick % index}`))],
    }),
  ),
);

describe('planTask', () => {
  it('plans the steps known at submission, with dependencies in both directions', () => {
    expect(planTask(request())).toMatchObject([
      { id: 'id-1', key: 'research', queue: 'research.interactive', deps: [], next: ['outline'], depsLeft: 0 },
      { id: 'id-2', key: 'outline', queue: 'outline.interactive', deps: ['research'], next: ['refine'], depsLeft: 1 },
      { id: 'id-3', key: 'refine', queue: 'refine.interactive', deps: ['outline'], next: [], depsLeft: 1 },
    ]);
  });

  it('makes `next` the inverse of `deps`, and counts open dependencies', () => {
    fc.assert(
      fc.property(plans, (steps) => {
        const planned = planTask(withPlan(steps));
        const forward = planned.flatMap((step) => step.next.map((next) => `${step.key}>${next}`));
        const backward = planned.flatMap((step) => step.deps.map((dep) => `${dep}>${step.key}`));
        expect(forward.toSorted()).toEqual(backward.toSorted());
        for (const step of planned) expect(step.depsLeft).toBe(step.deps.length);
        expect(planned.some((step) => step.depsLeft === 0)).toBe(true);
      }),
    );
  });

  it.each([
    { quality: 'economy' as const, tiers: ['T1', 'T1', 'T2'] },
    { quality: 'balanced' as const, tiers: ['T1', 'T2', 'T3'] },
    { quality: 'premium' as const, tiers: ['T2', 'T3', 'T3'] },
  ])('shifts tiers for $quality', ({ quality, tiers }) => {
    const steps = TIERS.map((tier) => aPlannedStep({ key: tier, tier }));
    const planned = planTask({ ...withPlan(steps), quality });
    expect(planned.map((step) => step.tier)).toEqual(tiers);
  });

  it('sends steps to the queues of their lane', () => {
    expect(planTask(request({ lane: 'batch' })).map((step) => step.queue)).toEqual([
      'research.batch',
      'outline.batch',
      'refine.batch',
    ]);
  });

  it('carries limits and retry policy over', () => {
    const step = aPlannedStep({
      key: 'a',
      attemptTimeoutMs: 1,
      totalTimeoutMs: 2,
      maxFailures: 4,
      backoff: { baseMs: 5, capMs: 6 },
      onExhausted: 'skip',
      params: { n: 7 },
    });
    expect(planTask(withPlan([step]))).toMatchObject([
      {
        attemptTimeoutMs: 1,
        totalTimeoutMs: 2,
        maxFailures: 4,
        backoffBaseMs: 5,
        backoffCapMs: 6,
        onExhausted: 'skip',
        params: { n: 7 },
      },
    ]);
  });

  it.each([
    {
      title: 'a key twice',
      steps: [aPlannedStep({ key: 'a' }), aPlannedStep({ key: 'a' })],
      message: /plans a step key twice/,
    },
    {
      title: 'a dependency that is not planned',
      steps: [aPlannedStep({ key: 'a', dependsOn: ['b'] })],
      message: /depends on b, which is not planned/,
    },
  ])('rejects $title', ({ steps, message }) => {
    expect(() => planTask(withPlan(steps))).toThrow(message);
  });

  it.each(listPipelines().map((pipeline) => ({ type: pipeline.type })))(
    'plans the example of $type at any quality',
    ({ type }) => {
      const pipeline = findPipeline(type);
      if (!pipeline) throw new Error('listed but not found');
      for (const quality of QUALITIES) {
        const planned = planTask(request({ pipeline, input: pipeline.example, quality }));
        expect(planned.length).toBeGreaterThan(0);
      }
    },
  );
});

describe('extendPlan', () => {
  it('adds nothing when a step does not fan out', () => {
    expect(extendPlan(request(), 'research', {})).toEqual({ spawn: [], joins: {} });
  });

  it('fans out: new steps wait for nothing, and lead to the step that joins them', () => {
    const { spawn, joins } = extendPlan(request({ pipeline: aPipeline({ drafts: 2 }) }), 'outline', {});
    expect(joins).toEqual({ refine: ['draft-1', 'draft-2'] });
    expect(spawn).toMatchObject([
      { key: 'draft-1', deps: ['research', 'outline'], depsLeft: 0, next: ['refine'], queue: 'draft.interactive' },
      { key: 'draft-2', deps: ['research', 'outline'], depsLeft: 0, next: ['refine'], queue: 'draft.interactive' },
    ]);
  });

  it('makes new steps wait only for each other', () => {
    const pipeline = aPipeline({
      expand: () => ({
        steps: [
          aPlannedStep({ key: 'draft', dependsOn: ['outline'] }),
          aPlannedStep({ key: 'check', dependsOn: ['outline', 'draft'] }),
        ],
        joins: { refine: ['check'] },
      }),
    });
    expect(extendPlan(request({ pipeline }), 'outline', {}).spawn).toMatchObject([
      { key: 'draft', depsLeft: 0, next: ['check'] },
      { key: 'check', depsLeft: 1, next: ['refine'] },
    ]);
  });

  it('is deterministic', () => {
    expect(extendPlan(request(), 'outline', {})).toEqual(extendPlan(request(), 'outline', {}));
  });
});
