import { silentLogger } from '@pressroom/runtime';
import { createTestClock } from '@pressroom/testkit';
import { afterEach, describe, expect, it } from 'vitest';

import { startConsumerWatchdog } from './consumer-watchdog.ts';

describe('the consumer watchdog', () => {
  let stop = (): Promise<void> => Promise.resolve();
  afterEach(() => stop());

  const start = (options: { helps?: boolean; storeAnswers?: boolean } = {}) => {
    const clock = createTestClock();
    const events: string[] = [];
    const state = { taking: false, active: 0, waiting: [{ queue: 'draft.batch', queuedForMs: 60_000 }], asked: 0 };
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
      longestQueued: () => Promise.resolve((state.asked++, state.waiting)),
      storeAnswers: () => Promise.resolve(options.storeAnswers ?? true),
      requeue: () => Promise.resolve(events.push('requeue')),
      exit: (reason) => events.push(`exit: ${reason}`),
      clock,
      log: silentLogger(),
    });
    stop = () => watchdog.stop();
    return { watchdog, clock, events, state };
  };

  it('restarts the consumer, adds what waits again, and is content when that helps', async () => {
    const { watchdog, clock, events } = start({ helps: true });
    await clock.advance(120_000);
    expect(events).toEqual(['restart', 'requeue']);
    expect(watchdog.isHealthy()).toBe(true);
  });

  it('is not healthy from the restart on, and ends the process when it did not help', async () => {
    const { watchdog, clock, events } = start();
    await clock.advance(8_000);
    expect(watchdog.isHealthy()).toBe(false);
    await clock.advance(16_000);
    expect(events).toEqual(['restart', 'requeue', 'exit: the consumer takes no work though work waits']);
  });

  it('waits for a store that is away', async () => {
    const { clock, events } = start({ storeAnswers: false });
    await clock.advance(600_000);
    expect(events).toEqual([]);
  });

  it('asks for nothing while every slot is taken', async () => {
    const { clock, state, events } = start();
    state.active = 4;
    await clock.advance(10_000);
    const before = state.asked;
    await clock.advance(60_000);
    expect(state.asked).toBe(before);
    expect(events).toEqual([]);
  });
});
