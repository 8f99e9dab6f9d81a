import { AppError, silentLogger } from '@pressroom/runtime';
import { createTestClock } from '@pressroom/testkit';
import { afterEach, describe, expect, it } from 'vitest';

import { startFleetLoops } from './fleet-loops.ts';

class UnsuitableError extends AppError {
  readonly code = 'STORE_UNSUITABLE';
  readonly retryable = false;
}
class UnavailableError extends AppError {
  readonly code = 'UNAVAILABLE';
  readonly retryable = true;
}

describe('the fleet loops', () => {
  let stop = (): Promise<void> => Promise.resolve();
  afterEach(() => stop());

  const start = (behaviour: { leads?: boolean; check?: () => Promise<void> } = {}) => {
    const clock = createTestClock();
    const calls: string[] = [];
    const problems: (string | undefined)[] = [];
    const advice = { pools: [], queues: [] };
    const loops = startFleetLoops({
      advisor: {
        advise: () => Promise.resolve((calls.push('advised'), advice)),
        adviseAndStore: () => Promise.resolve((calls.push('stored'), advice)),
      },
      leases: { take: () => Promise.resolve(behaviour.leads ?? true), releaseAll: () => Promise.resolve() },
      onAdvice: (given) => {
        expect(given).toBe(advice);
      },
      checkQueueStore: behaviour.check ?? (() => Promise.resolve()),
      onQueueStore: (problem) => {
        problems.push(problem);
      },
      clock,
      log: silentLogger(),
    });
    stop = () => loops.stop();
    return { clock, calls, problems };
  };

  it('store the scaling state in the coordinator that holds the lease', async () => {
    const { clock, calls } = start();
    await clock.advance(4_000);
    expect(calls).toEqual(['stored', 'stored', 'stored']);
  });

  it('only advise in the others, for their gauges', async () => {
    const { clock, calls } = start({ leads: false });
    await clock.advance(2_000);
    expect(calls).toEqual(['advised', 'advised']);
  });

  it('report when the queue store becomes unsuitable, and when it is suitable again', async () => {
    const answers = [undefined, new UnsuitableError('it evicts'), new UnavailableError('unavailable'), undefined];
    const { clock, problems } = start({
      check: () => {
        const answer = answers.shift();
        return answer ? Promise.reject(answer) : Promise.resolve();
      },
    });
    await clock.advance(30_000);
    expect(problems).toEqual([undefined, 'it evicts', undefined]);
  });
});
