import { silentLogger } from '@pressroom/runtime';
import { createTestClock } from '@pressroom/testkit';
import { afterEach, describe, expect, it } from 'vitest';

import { startConsumerWatchdog } from './consumer-watchdog.ts';

describe('the consumer watchdog', () => {
  let stop = (): Promise<void> => Promise.resolve();
  afterEach(() => stop());

  const start = (options: { helps?: boolean; isStoreReachable?: boolean } = {}) => {
    const clock = createTestClock();
    const events: string[] = [];
    const state = { taking: false, active: 0, waiting: [{ queue: 'draft.batch', queuedForMs: 60_000 }], reads: 0 };
    const watchdog = startConsumerWatchdog({
      consumer: {
        isConsuming: () => true,
        idleForMs: () => (state.taking ? 0 : 60_000),
        restart: () => {
          state.taking = options.helps ?? false;
          events.push('restart');
          return Promise.resolve();
        },
        get active() {
          return state.active;
        },
      },
      queues: ['draft.batch'],
      concurrency: 4,
      longestQueued: () => Promise.resolve((state.reads++, state.waiting)),
      isStoreReachable: () => Promise.resolve(options.isStoreReachable ?? true),
      requeue: () => Promise.resolve(events.push('requeue')),
      exit: (reason) => events.push(`exit: ${reason}`),
      clock,
      log: silentLogger(),
    });
    stop = () => watchdog.stop();
    return { watchdog, clock, events, state };
  };

  it('restarts the consumer, adds lost jobs again, and recovers when that helps', async () => {
    const { watchdog, clock, events } = start({ helps: true });
    await clock.advance(120_000);
    expect(events).toEqual(['restart', 'requeue']);
    expect(watchdog.isHealthy()).toBe(true);
  });

  it('is unhealthy after the restart, and exits the process when that does not help', async () => {
    const { watchdog, clock, events } = start();
    await clock.advance(8_000);
    expect(watchdog.isHealthy()).toBe(false);
    await clock.advance(16_000);
    expect(events).toEqual(['restart', 'requeue', 'exit: the consumer takes no jobs although steps wait']);
  });

  it('does nothing while the store is unavailable', async () => {
    const { clock, events } = start({ isStoreReachable: false });
    await clock.advance(600_000);
    expect(events).toEqual([]);
  });

  it('reads nothing while every slot is busy', async () => {
    const { clock, state, events } = start();
    state.active = 4;
    await clock.advance(10_000);
    const before = state.reads;
    await clock.advance(60_000);
    expect(state.reads).toBe(before);
    expect(events).toEqual([]);
  });
});
