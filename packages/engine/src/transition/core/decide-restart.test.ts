import type { RestartSnapshot, RestartStep } from '@pressroom/db';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decideRestart, type RestartRequest } from './decide-restart.ts';

const ACTOR = { keyId: 'key-1', role: 'operate' } as const;

const aRequest = (facts: Partial<RestartRequest> = {}): RestartRequest => ({
  cause: 'retry',
  fromStep: undefined,
  params: undefined,
  tier: undefined,
  resetCalls: undefined,
  budgetNanoUsd: undefined,
  deadLetterId: undefined,
  operationId: undefined,
  actor: ACTOR,
  ...facts,
});

const aStep = (facts: Partial<RestartStep> & { key: string }): RestartStep => ({
  id: facts.key,
  status: 'completed',
  deps: [],
  next: [],
  params: {},
  spawnedBy: null,
  degraded: false,
  ...facts,
});

const aSnapshot = (steps: RestartStep[], task: Partial<RestartSnapshot['task']> = {}): RestartSnapshot => ({
  task: {
    id: 'task',
    tenantId: 'tenant',
    type: 'article',
    pipelineVersion: 1,
    status: 'partial',
    generation: 1,
    limitations: [],
    contentDeleted: false,
    budgetNanoUsd: null,
    input: null,
    ...task,
  },
  steps,
  deadLetters: [],
});

/** Plans of finished tasks: each step depends on earlier ones, and some were added by a dependency. */
const plans = fc
  .array(
    fc.record({
      deps: fc.array(fc.nat(100), { maxLength: 3 }),
      spawned: fc.boolean(),
      status: fc.constantFrom('completed', 'completed', 'completed', 'skipped', 'dead', 'cancelled'),
      degraded: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((rows) =>
    rows.map(({ deps, spawned, status, degraded }, index): RestartStep => {
      const keys = [...new Set(index === 0 ? [] : deps.map((dep) => `s${dep % index}`))];
      return aStep({ key: `s${index}`, deps: keys, spawnedBy: spawned ? (keys[0] ?? null) : null, status, degraded });
    }),
  );

describe('decideRestart', () => {
  it('produces an executable plan from any start step', () => {
    fc.assert(
      fc.property(plans, fc.option(fc.nat(100)), (steps, pick) => {
        const fromStep = pick === null ? undefined : steps[pick % steps.length]?.key;
        const decision = decideRestart(aSnapshot(steps), aRequest({ fromStep }));
        if (decision.outcome !== 'restarted') {
          expect(decision.outcome).toBe('nothing_to_do');
          return;
        }
        const { restart } = decision;
        const removed = new Set(restart.removed);
        const reset = new Map(restart.reset.map((step) => [step.id, step]));
        const resting = steps.filter(({ id }) => !removed.has(id) && !reset.has(id));
        const depsOf = new Map(
          [...restart.relinked, ...restart.reset].map(({ id, deps, next }) => [id, { deps, next }] as const),
        );

        expect([...reset.keys()].some((id) => removed.has(id))).toBe(false);
        expect(restart.stepsTotal).toBe(reset.size + resting.length);
        for (const step of steps.filter(({ id }) => !removed.has(id))) {
          const { deps, next } = depsOf.get(step.id) ?? step;
          for (const key of [...deps, ...next]) expect(removed.has(key)).toBe(false);
          const waitsFor = deps.filter((key) => reset.has(key)).length;
          const again = reset.get(step.id);
          // Unchanged steps wait for nothing; rerun steps wait exactly for their rerun dependencies.
          expect(waitsFor).toBe(again ? again.depsLeft : 0);
          if (again) expect(again.status).toBe(waitsFor === 0 ? 'ready' : 'pending');
          else expect(['completed', 'skipped']).toContain(step.status);
        }
        expect(restart.reset.some(({ status }) => status === 'ready')).toBe(true);
        expect(restart.stepsBad).toBe(resting.filter(({ status }) => status === 'skipped').length);
        expect(restart.degraded).toBe(resting.some(({ status, degraded }) => status === 'completed' && degraded));
      }),
      { numRuns: 500 },
    );
  });

  it('also removes the steps that a removed step had added', () => {
    const steps = [
      aStep({ key: 'a' }),
      aStep({ key: 'b', deps: ['a'], spawnedBy: 'a' }),
      aStep({ key: 'c', deps: ['b'], spawnedBy: 'b' }),
      aStep({ key: 'd', deps: ['a', 'c'] }),
    ];
    const decision = decideRestart(aSnapshot(steps), aRequest({ fromStep: 'a' }));
    expect(decision).toMatchObject({ restarted: ['a', 'd'], removed: ['b', 'c'] });
  });

  it('keeps only the limitations of unchanged steps', () => {
    const limitation = (step?: string) => ({
      code: 'STEP_FAILED' as const,
      message: 'm',
      ...(step !== undefined && { step }),
    });
    const steps = [aStep({ key: 'a' }), aStep({ key: 'b', status: 'dead' }), aStep({ key: 'c', status: 'skipped' })];
    const snapshot = aSnapshot(steps, {
      limitations: [limitation('a'), limitation('b'), limitation('c'), limitation()],
    });
    const decision = decideRestart(snapshot, aRequest({ fromStep: 'b' }));
    expect(decision).toMatchObject({ restart: { limitations: [limitation('a'), limitation('c')] } });
  });

  it('changes parameters and tier of the start step only', () => {
    const steps = [aStep({ key: 'a', status: 'dead' }), aStep({ key: 'b', deps: ['a'], status: 'cancelled' })];
    const request = aRequest({
      cause: 'redrive',
      fromStep: 'a',
      params: { n: 1 },
      tier: 'T3',
      resetCalls: true,
      deadLetterId: 'l',
    });
    expect(decideRestart(aSnapshot(steps), request)).toMatchObject({
      restart: {
        reset: [
          { id: 'a', params: { n: 1 }, tier: 'T3', resetCalls: true },
          { id: 'b', resetCalls: false },
        ],
      },
    });
  });

  it('closes the open dead letters of rerun and removed steps', () => {
    const steps = [aStep({ key: 'a', status: 'skipped' }), aStep({ key: 'b', status: 'skipped' })];
    const deadLetter = (id: string, stepId: string, state: 'open' | 'discarded') => ({
      id,
      stepId,
      state,
      operationId: null,
    });
    const deadLetters = [deadLetter('1', 'a', 'open'), deadLetter('2', 'a', 'discarded'), deadLetter('3', 'b', 'open')];
    const decision = decideRestart({ ...aSnapshot(steps), deadLetters }, aRequest({ fromStep: 'a' }));
    expect(decision).toMatchObject({ restart: { deadLetterIds: ['1'] } });
  });
});
