import type { TenantBacklog } from '@pressroom/db';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decideDispatch } from './decide-dispatch.ts';

const aBacklog = (tenantId: string, steps: number, facts: Partial<TenantBacklog> = {}): TenantBacklog => ({
  queue: 'write.interactive',
  tenantId,
  weight: 1,
  inFlight: 0,
  maxConcurrency: null,
  head: Array.from({ length: steps }, (_, index) => ({
    stepId: `${tenantId}-${index}`,
    taskId: `task-${tenantId}-${index}`,
    attempt: 0,
    priority: 5,
    hasStarted: false,
  })),
  ...facts,
});
const none = new Map<string, number>();
const tenantOf = (stepId: string): string => stepId.split('-')[0] ?? '';

const backlogs = fc.uniqueArray(
  fc.record({
    tenant: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    steps: fc.nat(12),
    weight: fc.integer({ min: 1, max: 9 }),
    inFlight: fc.nat(6),
    cap: fc.option(fc.nat(8)),
  }),
  { selector: (one) => one.tenant, maxLength: 6 },
);
const toBacklogs = (facts: { tenant: string; steps: number; weight: number; inFlight: number; cap: number | null }[]) =>
  facts.map(({ tenant, steps, weight, inFlight, cap }) =>
    aBacklog(tenant, steps, { weight, inFlight, maxConcurrency: cap }),
  );
const maxOf = (backlog: TenantBacklog): number =>
  Math.min(
    backlog.head.length,
    backlog.maxConcurrency === null ? Infinity : Math.max(0, backlog.maxConcurrency - backlog.inFlight),
  );

describe('decideDispatch', () => {
  it('starts new tasks of limited tenants up to the allowance, and releases steps of their started tasks', () => {
    const started = aBacklog('a', 5);
    const mixed = { ...started, head: started.head.map((step, index) => ({ ...step, hasStarted: index < 3 })) };
    const answer = decideDispatch([mixed], 8, none, { tenants: new Set(['a']), newTaskAllowance: 1 });
    expect(answer).toMatchObject({ stepIds: ['a-0', 'a-1', 'a-2', 'a-3'], startedSteps: 3, newTasks: 1 });
  });

  it('does not limit tenants without started tasks', () => {
    const { stepIds, newTasks } = decideDispatch([aBacklog('a', 5), aBacklog('b', 5)], 4, none, {
      tenants: new Set(['a']),
      newTaskAllowance: 0,
    });
    expect(stepIds.map(tenantOf)).toEqual(['b', 'b', 'b', 'b']);
    expect(newTasks).toBe(0);
  });

  it('alternates between tenants of the same weight', () => {
    const { stepIds } = decideDispatch([aBacklog('a', 3), aBacklog('b', 3)], 4, none);
    expect(stepIds).toEqual(['a-0', 'b-0', 'a-1', 'b-1']);
  });

  it('gives a tenant with three times the weight three times the steps, spread out', () => {
    const { stepIds } = decideDispatch([aBacklog('a', 9, { weight: 3 }), aBacklog('b', 9)], 8, none);
    expect(stepIds.map(tenantOf).join('')).toBe('aabaaaba');
  });

  it.each([
    { title: 'no step waits', given: [], maxSteps: 5 },
    { title: 'no slot is free', given: [aBacklog('a', 3)], maxSteps: 0 },
    { title: 'more steps are queued than there are slots', given: [aBacklog('a', 3)], maxSteps: -2 },
    { title: 'the tenant is at its cap', given: [aBacklog('a', 3, { maxConcurrency: 2, inFlight: 2 })], maxSteps: 5 },
    {
      title: 'the tenant is above a cap that was lowered',
      given: [aBacklog('a', 3, { maxConcurrency: 2, inFlight: 7 })],
      maxSteps: 5,
    },
  ])('releases nothing when $title', ({ given, maxSteps }) => {
    expect(decideDispatch(given, maxSteps, none).stepIds).toEqual([]);
  });

  it('stays within slots and caps, keeps each tenant’s order, and stops only when no tenant is eligible', () => {
    fc.assert(
      fc.property(backlogs, fc.nat(30), (facts, maxSteps) => {
        const given = toBacklogs(facts);
        const { stepIds } = decideDispatch(given, maxSteps, none);
        expect(new Set(stepIds).size).toBe(stepIds.length);
        const possible = given.reduce((sum, backlog) => sum + maxOf(backlog), 0);
        expect(stepIds).toHaveLength(Math.min(maxSteps, possible));
        for (const backlog of given) {
          const taken = stepIds.filter((id) => tenantOf(id) === backlog.tenantId);
          expect(taken).toEqual(backlog.head.slice(0, taken.length).map((step) => step.stepId));
          expect(taken.length).toBeLessThanOrEqual(maxOf(backlog));
        }
      }),
    );
  });

  it('gives each backlogged tenant its share over many dispatches, to within one step per unit of weight', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 20, maxLength: 120 }),
        (weights, sizes) => {
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          const served = weights.map(() => 0);
          let deficits: ReadonlyMap<string, number> = none;
          let released = 0;
          for (const maxSteps of sizes) {
            const given = weights.map((weight, index) => aBacklog(String(index), maxSteps, { weight }));
            const decision = decideDispatch(given, maxSteps, deficits);
            deficits = decision.deficits;
            for (const id of decision.stepIds) {
              const index = Number(tenantOf(id));
              served[index] = (served[index] ?? 0) + 1;
            }
            released += maxSteps;
            for (const [index, weight] of weights.entries()) {
              const due = (released * weight) / total;
              expect(Math.abs((served[index] ?? 0) - due)).toBeLessThanOrEqual(weight);
            }
          }
        },
      ),
    );
  });

  it('starves no tenant when slots become free one at a time', () => {
    const served = new Map<string, number>();
    let deficits: ReadonlyMap<string, number> = none;
    for (let round = 0; round < 40; round += 1) {
      const decision = decideDispatch(
        [aBacklog('a', 1), aBacklog('b', 1), aBacklog('c', 1, { weight: 2 })],
        1,
        deficits,
      );
      deficits = decision.deficits;
      for (const id of decision.stepIds) served.set(tenantOf(id), (served.get(tenantOf(id)) ?? 0) + 1);
    }
    expect(Object.fromEntries(served)).toEqual({ a: 10, b: 10, c: 20 });
  });

  it('serves a waiting tenant while others come and go with one step each', () => {
    let deficits: ReadonlyMap<string, number> = none;
    let served = 0;
    for (let round = 0; round < 40; round += 1) {
      const visitor = aBacklog(`0visitor${round}`, 1);
      const decision = decideDispatch([aBacklog('waiting', 1), visitor], 1, deficits);
      deficits = decision.deficits;
      served += decision.stepIds.filter((id) => tenantOf(id) === 'waiting').length;
    }
    expect(served).toBeGreaterThanOrEqual(19);
  });

  it('gives no credit for idle time', () => {
    let deficits: ReadonlyMap<string, number> = none;
    for (let round = 0; round < 50; round += 1) deficits = decideDispatch([aBacklog('busy', 1)], 1, deficits).deficits;
    const back = [aBacklog('busy', 20), aBacklog('idle', 20)];
    const { stepIds } = decideDispatch(back, 10, deficits);
    expect(stepIds.filter((id) => tenantOf(id) === 'idle')).toHaveLength(5);
  });

  it('gives no credit to a tenant at its cap', () => {
    let deficits: ReadonlyMap<string, number> = none;
    for (let round = 0; round < 50; round += 1) {
      const capped = aBacklog('capped', 5, { maxConcurrency: 1, inFlight: 1 });
      deficits = decideDispatch([aBacklog('busy', 5), capped], 1, deficits).deficits;
    }
    const { stepIds } = decideDispatch([aBacklog('busy', 20), aBacklog('capped', 20)], 10, deficits);
    expect(stepIds.filter((id) => tenantOf(id) === 'capped')).toHaveLength(5);
  });
});
