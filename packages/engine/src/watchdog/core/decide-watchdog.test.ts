import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decideWatchdog, type WatchdogFacts, type WatchdogMemory } from './decide-watchdog.ts';

const limits = { stuckAfterMs: 15_000, confirmMs: 5_000, graceMs: 15_000 };
const aWorker = (facts: Partial<WatchdogFacts> = {}): WatchdogFacts => ({
  nowMs: 100_000,
  hasFreeSlots: true,
  isConsuming: true,
  isStoreReachable: true,
  queues: [],
  ...facts,
});
const stuck = { queues: [{ queuedForMs: 20_000, idleForMs: 60_000 }] };

/** Actions of one check per second, for the given number of seconds. */
function watch(seconds: number, factsAt: (second: number) => Partial<WatchdogFacts>): string[] {
  let memory: WatchdogMemory = {};
  return Array.from({ length: seconds }, (_, second) => {
    const decision = decideWatchdog(aWorker({ nowMs: second * 1_000, ...factsAt(second) }), memory, limits);
    memory = decision.memory;
    return decision.action === 'none' ? '' : `${second} ${decision.action}`;
  }).filter((entry) => entry !== '');
}

describe('decideWatchdog', () => {
  it('restarts a consumer that takes no jobs although steps wait, then exits the process', () => {
    expect(watch(21, () => stuck)).toEqual(['5 restart', '20 exit']);
  });

  it('restarts a consumer that does not reach a store which is reachable otherwise', () => {
    expect(watch(10, () => ({ isConsuming: false }))).toEqual(['5 restart']);
  });

  it('does not exit when the restart helped, and starts over the next time', () => {
    expect(watch(60, (second) => (second >= 10 && second < 40 ? {} : stuck))).toEqual(['5 restart', '45 restart']);
  });

  it.each<[string, Partial<WatchdogFacts>]>([
    ['no step waits', {}],
    ['the waiting steps are recent', { queues: [{ queuedForMs: 14_999, idleForMs: 60_000 }] }],
    ['this worker takes jobs of the queue', { queues: [{ queuedForMs: 60_000, idleForMs: 14_999 }] }],
    ['every slot is busy', { ...stuck, hasFreeSlots: false }],
    [
      'the store is unavailable, so a new process would not reach it either',
      { ...stuck, isConsuming: false, isStoreReachable: false },
    ],
  ])('does nothing while %s', (_, facts) => {
    expect(watch(120, () => facts)).toEqual([]);
  });

  it('requires an uninterrupted suspicion, since a slot that has just become free proves nothing', () => {
    expect(watch(60, (second) => ({ ...stuck, hasFreeSlots: second % 4 !== 0 }))).toEqual([]);
  });

  it('never exits a process before a restart, and never restarts twice within one grace period', () => {
    const anyFacts = fc.record({
      hasFreeSlots: fc.boolean(),
      isConsuming: fc.boolean(),
      isStoreReachable: fc.boolean(),
      queues: fc.array(fc.record({ queuedForMs: fc.nat(60_000), idleForMs: fc.nat(60_000) }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(anyFacts, { minLength: 1, maxLength: 120 }), (checks) => {
        const actions = watch(checks.length, (second) => checks[second] ?? {});
        let restartedAt: number | undefined;
        for (const entry of actions) {
          const [second = '', action] = entry.split(' ');
          if (action === 'exit') expect(restartedAt).toBeDefined();
          restartedAt = Number(second);
        }
      }),
    );
  });
});
