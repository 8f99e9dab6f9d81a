import { AppError, silentLogger } from '@pressroom/runtime';
import { createTestClock } from '@pressroom/testkit';
import { afterEach, describe, expect, it } from 'vitest';

import { startFleetLoops } from './fleet-loops.ts';

class UnfitError extends AppError {
  readonly code = 'STORE_UNSUITABLE';
  readonly retryable = false;
}
class AwayError extends AppError {
  readonly code = 'UNAVAILABLE';
  readonly retryable = true;
}

describe('the fleet loops', () => {
  let stop = (): Promise<void> => Promise.resolve();
  afterEach(() => stop());

  const start = (behaviour: { leads?: boolean; check?: () => Promise<void> } = {}) => {
    const clock = createTestClock();
    const looks: string[] = [];
    const problems: (string | undefined)[] = [];
    const advice = { pools: [], queues: [] };
    const loops = startFleetLoops({
      advisor: {
        advise: () => Promise.resolve((looks.push('looked'), advice)),
        adviseAndRemember: () => Promise.resolve((looks.push('remembered'), advice)),
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
    return { clock, looks, problems };
  };

  it('remember in the coordinator that holds the lease', async () => {
    const { clock, looks } = start();
    await clock.advance(4_000);
    expect(looks).toEqual(['remembered', 'remembered', 'remembered']);
  });

  it('only look in the others, so that their gauges have numbers too', async () => {
    const { clock, looks } = start({ leads: false });
    await clock.advance(2_000);
    expect(looks).toEqual(['looked', 'looked']);
  });

  it('tell when the queue store becomes unfit, and when it is fit again', async () => {
    const answers = [undefined, new UnfitError('it evicts'), new AwayError('away'), undefined];
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
