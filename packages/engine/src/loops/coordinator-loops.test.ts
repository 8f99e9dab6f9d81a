import { StoreUnavailableError, type FleetStore, type LostStep, type SessionStore } from '@pressroom/db';
import { silentLogger } from '@pressroom/runtime';
import { createTestClock } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import type { TaskTransitions } from '../transition/task-transitions.ts';
import { startCoordinatorLoops } from './coordinator-loops.ts';

const unused = () => Promise.reject(new Error('not part of this'));

function start() {
  const seen = {
    reaps: [] as number[],
    ended: [] as string[],
    finished: [] as string[],
    exhausted: [] as string[],
    kicks: 0,
  };
  const world = {
    leads: true,
    away: false,
    lost: [] as LostStep[],
    pastDeadline: [] as string[],
    unfinished: [] as string[],
    overdue: [] as { stepId: string; taskId: string }[],
    poison: new Set<string>(),
  };
  const clock = createTestClock();
  const answer = <T>(value: T): Promise<T> =>
    world.away ? Promise.reject(new StoreUnavailableError('away')) : Promise.resolve(value);
  const act = (list: string[], taskId: string): Promise<void> => {
    if (world.poison.has(taskId)) return Promise.reject(new TypeError('poison'));
    list.push(taskId);
    return answer(undefined);
  };
  const sessions: SessionStore = {
    open: unused,
    heartbeat: unused,
    end: unused,
    writeOff: unused,
    reap() {
      seen.reaps.push(clock.monotonicMs());
      return answer(world.lost.splice(0));
    },
  };
  const fleet: FleetStore = {
    workers: () => answer([]),
    backlogs: () => answer([]),
    longestQueued: () => answer([]),
    pastDeadline: () => answer(world.pastDeadline.map((taskId) => ({ taskId }))),
    unfinished: () => answer(world.unfinished.map((taskId) => ({ taskId }))),
    overdueSteps: () => answer(world.overdue),
  };
  const transitions: TaskTransitions = {
    cancel: unused,
    fail: unused,
    exhaustStep: (taskId) => act(seen.exhausted, taskId),
    endAtDeadline: (taskId) => act(seen.ended, taskId),
    finish: (taskId) => act(seen.finished, taskId),
  };
  const loops = startCoordinatorLoops({
    sessions,
    fleet,
    transitions,
    money: {
      reserve: unused,
      endCalls: unused,
      writeOff: unused,
      findReply: unused,
      saveReply: unused,
      ensurePartitions: () => answer(undefined),
    },
    leases: { take: () => answer(world.leads), releaseAll: () => answer(undefined) },
    dispatcher: {
      requestDispatch: () => {
        seen.kicks += 1;
      },
      dispatchOnce: () => answer(0),
      requeueStale: () => answer(0),
      reserveDirectSlot: () => false,
      stop: () => Promise.resolve(),
    },
    clock,
    log: silentLogger(),
  });
  return { seen, world, clock, stop: () => loops.stop() };
}

describe('the coordinators’ sweeps', () => {
  it('end tasks past their deadline, tasks that nobody ended, and steps whose time is over', async () => {
    const { seen, world, clock, stop } = start();
    world.pastDeadline = ['late'];
    world.unfinished = ['forgotten'];
    world.overdue = [{ taskId: 'slow', stepId: 's' }];
    await clock.advance(1_000);
    expect(seen).toMatchObject({
      ended: ['late', 'late', 'late'],
      finished: ['forgotten'],
      exhausted: ['slow', 'slow'],
    });
    expect(seen.kicks).toBeGreaterThan(0);
    await clock.advance(5_000);
    expect(seen.finished).toEqual(['forgotten', 'forgotten']);
    await stop();
  });

  it('do nothing while another process leads', async () => {
    const { seen, world, clock, stop } = start();
    world.leads = false;
    world.pastDeadline = ['late'];
    // The first rounds took their leases before the test could say so, and lead until these are to be renewed.
    await clock.advance(2_000);
    seen.ended.length = 0;
    await clock.advance(10_000);
    expect([seen.ended, seen.reaps]).toEqual([[], []]);
    await stop();
  });

  it('are not kept from the other tasks by one that cannot be ended', async () => {
    const { seen, world, clock, stop } = start();
    world.poison = new Set(['poison']);
    world.pastDeadline = ['poison', 'late'];
    world.unfinished = ['poison', 'forgotten'];
    await clock.advance(500);
    expect(seen.ended).toContain('late');
    expect(seen.finished).toContain('forgotten');
    await stop();
  });

  describe('reap', () => {
    it('only after one TTL of answers: who was silenced by an outage must be able to say so', async () => {
      const { seen, clock, stop } = start();
      await clock.advance(4_900);
      expect(seen.reaps).toEqual([]);
      await clock.advance(1_000);
      expect(seen.reaps).toEqual([5_000, 5_500]);
      await stop();
    });

    it('only after another TTL when the database was away in between', async () => {
      const { seen, world, clock, stop } = start();
      await clock.advance(6_000);
      world.away = true;
      await clock.advance(8_000);
      world.away = false;
      const backMs = clock.monotonicMs();
      seen.reaps.length = 0;
      await clock.advance(8_000);
      expect(seen.reaps[0]).toBeGreaterThanOrEqual(backMs + 5_000);
      await stop();
    });

    it('only after another TTL when another process has led in between', async () => {
      const { seen, world, clock, stop } = start();
      await clock.advance(6_000);
      world.leads = false;
      await clock.advance(60_000);
      world.leads = true;
      const backMs = clock.monotonicMs();
      seen.reaps.length = 0;
      await clock.advance(8_000);
      expect(seen.reaps[0]).toBeGreaterThanOrEqual(backMs + 5_000);
      await stop();
    });

    it('and charge no step with the death of its worker, however often it was there', async () => {
      const { seen, world, clock, stop } = start();
      const lost = { queue: 'write.interactive', stepId: 's' };
      world.lost = [1, 2, 10, 100].map((losses) => ({ ...lost, taskId: `task ${losses}`, losses }));
      await clock.advance(6_000);
      expect(seen.reaps.length).toBeGreaterThan(0);
      expect(seen.exhausted).toEqual([]);
      await stop();
    });
  });
});
