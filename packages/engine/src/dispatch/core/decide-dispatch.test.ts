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
    begun: false,
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
const allowedOf = (backlog: TenantBacklog): number =>
  Math.min(
    backlog.head.length,
    backlog.maxConcurrency === null ? Infinity : Math.max(0, backlog.maxConcurrency - backlog.inFlight),
  );

describe('decideDispatch', () => {
  it('begins no more new tasks than it may for tenants that are held, and lets their begun ones go on', () => {
    const begun = aBacklog('a', 5);
    const mixed = { ...begun, head: begun.head.map((step, index) => ({ ...step, begun: index < 3 })) };
    const answer = decideDispatch([mixed], 8, none, { tenants: new Set(['a']), mayBegin: 1 });
    expect(answer).toMatchObject({ stepIds: ['a-0', 'a-1', 'a-2', 'a-3'], begun: 3, beginnings: 1 });
  });

  it('holds up no tenant that has nothing begun', () => {
    const { stepIds, beginnings } = decideDispatch([aBacklog('a', 5), aBacklog('b', 5)], 4, none, {
      tenants: new Set(['a']),
      mayBegin: 0,
    });
    expect(stepIds.map(tenantOf)).toEqual(['b', 'b', 'b', 'b']);
    expect(beginnings).toBe(0);
  });

  it('takes turns between tenants of the same weight', () => {
    const { stepIds } = decideDispatch([aBacklog('a', 3), aBacklog('b', 3)], 4, none);
    expect(stepIds).toEqual(['a-0', 'b-0', 'a-1', 'b-1']);
  });

  it('gives a tenant of three times the weight three times the turns, spread out', () => {
    const { stepIds } = decideDispatch([aBacklog('a', 9, { weight: 3 }), aBacklog('b', 9)], 8, none);
    expect(stepIds.map(tenantOf).join('')).toBe('aabaaaba');
  });

  it.each([
    { title: 'nothing waits', given: [], room: 5 },
    { title: 'there is no room', given: [aBacklog('a', 3)], room: 0 },
    { title: 'more is queued than there is room', given: [aBacklog('a', 3)], room: -2 },
    { title: 'the tenant is at its cap', given: [aBacklog('a', 3, { maxConcurrency: 2, inFlight: 2 })], room: 5 },
    {
      title: 'the tenant is above a cap that was lowered',
      given: [aBacklog('a', 3, { maxConcurrency: 2, inFlight: 7 })],
      room: 5,
    },
  ])('releases nothing when $title', ({ given, room }) => {
    expect(decideDispatch(given, room, none).stepIds).toEqual([]);
  });

  it('keeps within room and caps, in order inside a tenant, without stopping while somebody may go', () => {
    fc.assert(
      fc.property(backlogs, fc.nat(30), (facts, room) => {
        const given = toBacklogs(facts);
        const { stepIds } = decideDispatch(given, room, none);
        expect(new Set(stepIds).size).toBe(stepIds.length);
        const possible = given.reduce((sum, backlog) => sum + allowedOf(backlog), 0);
        expect(stepIds).toHaveLength(Math.min(room, possible));
        for (const backlog of given) {
          const taken = stepIds.filter((id) => tenantOf(id) === backlog.tenantId);
          expect(taken).toEqual(backlog.head.slice(0, taken.length).map((step) => step.stepId));
          expect(taken.length).toBeLessThanOrEqual(allowedOf(backlog));
        }
      }),
    );
  });

  it('gives each backlogged tenant its share over many rounds to within one step for each unit of its weight', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 20, maxLength: 120 }),
        (weights, rooms) => {
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          const served = weights.map(() => 0);
          let deficits: ReadonlyMap<string, number> = none;
          let released = 0;
          for (const room of rooms) {
            const given = weights.map((weight, index) => aBacklog(String(index), room, { weight }));
            const decision = decideDispatch(given, room, deficits);
            deficits = decision.deficits;
            for (const id of decision.stepIds) {
              const index = Number(tenantOf(id));
              served[index] = (served[index] ?? 0) + 1;
            }
            released += room;
            for (const [index, weight] of weights.entries()) {
              const due = (released * weight) / total;
              expect(Math.abs((served[index] ?? 0) - due)).toBeLessThanOrEqual(weight);
            }
          }
        },
      ),
    );
  });

  it('starves nobody when slots become free one at a time', () => {
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

  it('serves those who wait while others come and go with one step each', () => {
    let deficits: ReadonlyMap<string, number> = none;
    let served = 0;
    for (let round = 0; round < 40; round += 1) {
      const visitor = aBacklog(`0visitor${round}`, 1);
      const decision = decideDispatch([aBacklog('patient', 1), visitor], 1, deficits);
      deficits = decision.deficits;
      served += decision.stepIds.filter((id) => tenantOf(id) === 'patient').length;
    }
    expect(served).toBeGreaterThanOrEqual(19);
  });

  it('lets idling earn nothing', () => {
    let deficits: ReadonlyMap<string, number> = none;
    for (let round = 0; round < 50; round += 1) deficits = decideDispatch([aBacklog('busy', 1)], 1, deficits).deficits;
    const back = [aBacklog('busy', 20), aBacklog('idle', 20)];
    const { stepIds } = decideDispatch(back, 10, deficits);
    expect(stepIds.filter((id) => tenantOf(id) === 'idle')).toHaveLength(5);
  });

  it('lets waiting at one’s cap earn nothing', () => {
    let deficits: ReadonlyMap<string, number> = none;
    for (let round = 0; round < 50; round += 1) {
      const capped = aBacklog('capped', 5, { maxConcurrency: 1, inFlight: 1 });
      deficits = decideDispatch([aBacklog('busy', 5), capped], 1, deficits).deficits;
    }
    const { stepIds } = decideDispatch([aBacklog('busy', 20), aBacklog('capped', 20)], 10, deficits);
    expect(stepIds.filter((id) => tenantOf(id) === 'capped')).toHaveLength(5);
  });
});
