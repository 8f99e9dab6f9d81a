import { childDeadline } from '@pressroom/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundTimeouts } from './bound-timeouts.ts';

const ms = fc.integer({ min: 1, max: 10 ** 10 });

describe('time limits', () => {
  it('are each within their parent’s, for any plan', () => {
    fc.assert(
      fc.property(ms, ms, ms, (attemptTimeoutMs, totalTimeoutMs, taskTimeoutMs) => {
        const bound = boundTimeouts({ attemptTimeoutMs, totalTimeoutMs }, taskTimeoutMs);
        expect(bound.totalTimeoutMs).toBeLessThanOrEqual(taskTimeoutMs);
        expect(bound.attemptTimeoutMs).toBeLessThanOrEqual(bound.totalTimeoutMs);
        expect(bound.attemptTimeoutMs).toBe(Math.min(attemptTimeoutMs, totalTimeoutMs, taskTimeoutMs));
      }),
    );
  });

  it('end a call before its attempt, the attempt before its step, and the step before its task, for any start times', () => {
    fc.assert(
      fc.property(
        ms,
        ms,
        ms,
        ms,
        fc.array(ms, { minLength: 3, maxLength: 3 }),
        (task, total, attempt, call, delays) => {
          const limits = boundTimeouts({ attemptTimeoutMs: attempt, totalTimeoutMs: total }, task);
          const [waited = 0, failed = 0, worked = 0] = delays;
          const taskEndsAt = task;
          const stepEndsAt = childDeadline(taskEndsAt, limits.totalTimeoutMs, waited);
          const attemptEndsAt = childDeadline(stepEndsAt, limits.attemptTimeoutMs, waited + failed);
          const callEndsAt = childDeadline(attemptEndsAt, call, waited + failed + worked);
          expect(callEndsAt).toBeLessThanOrEqual(attemptEndsAt);
          expect(attemptEndsAt).toBeLessThanOrEqual(stepEndsAt);
          expect(stepEndsAt).toBeLessThanOrEqual(taskEndsAt);
        },
      ),
    );
  });
});
