import { StoreUnavailableError, type FleetStore, type LostStep, type SessionStore } from '@pressroom/db';
import { silentLogger } from '@pressroom/runtime';
import { createTestClock } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import type { TaskTransitions } from '../transition/task-transitions.ts';
import { startCoordinatorLoops } from './coordinator-loops.ts';

const unused = () => Promise.reject(new Error('not used by the loops'));

function start() {
  const seen = {
    reaps: [] as number[],
    ended: [] as string[],
    finished: [] as string[],
    exhausted: [] as string[],
    dispatchRequests: 0,
  };
  const world = {
    leads: true,
    isDown: false,
    lost: [] as LostStep[],
    pastDeadline: [] as string[],
    unfinished: [] as string[],
    overdue: [] as { stepId: string; taskId: string }[],
    poison: new Set<string>(),
  };
  const clock = createTestClock();
  const answer = <T>(value: T): Promise<T> =>
    world.isDown ? Promise.reject(new StoreUnavailableError('unavailable')) : Promise.resolve(value);
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
        seen.dispatchRequests += 1;
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
  it('end tasks past their deadline, tasks without open steps, and steps past their time-out', async () => {
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
    expect(seen.dispatchRequests).toBeGreaterThan(0);
    await clock.advance(5_000);
    expect(seen.finished).toEqual(['forgotten', 'forgotten']);
    await stop();
  });

  it('do nothing while another process leads', async () => {
    const { seen, world, clock, stop } = start();
    world.leads = false;
    world.pastDeadline = ['late'];
    // The first runs took their leases before the change, and lead until the next renewal.
    await clock.advance(2_000);
    seen.ended.length = 0;
    await clock.advance(10_000);
    expect([seen.ended, seen.reaps]).toEqual([[], []]);
    await stop();
  });

  it('handle the other tasks when one cannot be ended', async () => {
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
    it('only after one TTL without errors, so that workers can renew their sessions after an outage', async () => {
      const { seen, clock, stop } = start();
      await clock.advance(4_900);
      expect(seen.reaps).toEqual([]);
      await clock.advance(1_000);
      expect(seen.reaps).toEqual([5_000, 5_500]);
      await stop();
    });

    it('only after another TTL when the database was unavailable in between', async () => {
      const { seen, world, clock, stop } = start();
      await clock.advance(6_000);
      world.isDown = true;
      await clock.advance(8_000);
      world.isDown = false;
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

    it('and count no failure for the steps of a crashed worker', async () => {
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
