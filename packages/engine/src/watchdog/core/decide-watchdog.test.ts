import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decideWatchdog, type WatchdogFacts, type WatchdogMemory } from './decide-watchdog.ts';

const limits = { stuckAfterMs: 15_000, confirmMs: 5_000, graceMs: 15_000 };
const aWorker = (facts: Partial<WatchdogFacts> = {}): WatchdogFacts => ({
  nowMs: 100_000,
  hasFreeSlots: true,
  isConsuming: true,
  storeAnswers: true,
  queues: [],
  ...facts,
});
const stuck = { queues: [{ queuedForMs: 20_000, idleForMs: 60_000 }] };

/** Actions of looks every second, for so many seconds. */
function watch(seconds: number, factsAt: (second: number) => Partial<WatchdogFacts>): string[] {
  let memory: WatchdogMemory = {};
  return Array.from({ length: seconds }, (_, second) => {
    const decision = decideWatchdog(aWorker({ nowMs: second * 1_000, ...factsAt(second) }), memory, limits);
    memory = decision.memory;
    return decision.action === 'none' ? '' : `${second} ${decision.action}`;
  }).filter((entry) => entry !== '');
}

describe('decideWatchdog', () => {
  it('restarts a consumer that takes nothing though work waits, then ends the process', () => {
    expect(watch(21, () => stuck)).toEqual(['5 restart', '20 exit']);
  });

  it('restarts a consumer whose queues get no answer from a store that answers others', () => {
    expect(watch(10, () => ({ isConsuming: false }))).toEqual(['5 restart']);
  });

  it('leaves it at that when the restart has helped, and begins anew the next time', () => {
    expect(watch(60, (second) => (second >= 10 && second < 40 ? {} : stuck))).toEqual(['5 restart', '45 restart']);
  });

  it.each<[string, Partial<WatchdogFacts>]>([
    ['nothing waits', {}],
    ['what waits came just now', { queues: [{ queuedForMs: 14_999, idleForMs: 60_000 }] }],
    ['steps of the queue are being taken here', { queues: [{ queuedForMs: 60_000, idleForMs: 14_999 }] }],
    ['every slot is taken', { ...stuck, hasFreeSlots: false }],
    [
      'the store is away: a new process would not reach it either',
      { ...stuck, isConsuming: false, storeAnswers: false },
    ],
  ])('does nothing while %s', (_, facts) => {
    expect(watch(120, () => facts)).toEqual([]);
  });

  it('wants the suspicion to last: a slot that has just become free proves nothing', () => {
    expect(watch(60, (second) => ({ ...stuck, hasFreeSlots: second % 4 !== 0 }))).toEqual([]);
  });

  it('never ends a process that it has not tried to heal, and never heals twice in one grace time', () => {
    const anyFacts = fc.record({
      hasFreeSlots: fc.boolean(),
      isConsuming: fc.boolean(),
      storeAnswers: fc.boolean(),
      queues: fc.array(fc.record({ queuedForMs: fc.nat(60_000), idleForMs: fc.nat(60_000) }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(anyFacts, { minLength: 1, maxLength: 120 }), (looks) => {
        const actions = watch(looks.length, (second) => looks[second] ?? {});
        let healedAt: number | undefined;
        for (const entry of actions) {
          const [second = '', action] = entry.split(' ');
          if (action === 'exit') expect(healedAt).toBeDefined();
          healedAt = Number(second);
        }
      }),
    );
  });
});
