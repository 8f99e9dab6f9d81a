import { type StepJob } from '@pressroom/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { jobIdOf, jobOptions } from './job-options.ts';

const job: StepJob = {
  taskId: '0190a8c0-0000-7000-8000-000000000001',
  stepId: '0190a8c0-0000-7000-8000-000000000002',
  attempt: 3,
};

describe('jobIdOf', () => {
  it('consists of step and attempt, without the colon that the store forbids', () => {
    expect(jobIdOf(job)).toBe('0190a8c0-0000-7000-8000-000000000002-3');
    expect(jobIdOf(job)).not.toContain(':');
  });

  it('differs between attempts and between steps', () => {
    expect(jobIdOf({ ...job, attempt: 4 })).not.toBe(jobIdOf(job));
    expect(jobIdOf({ ...job, stepId: job.taskId })).not.toBe(jobIdOf(job));
  });
});

describe('jobOptions', () => {
  it('disables the store’s retries and keeps no completed jobs', () => {
    expect(jobOptions({ job, priority: 5 })).toMatchObject({ attempts: 1, removeOnComplete: true, priority: 5 });
  });

  it('clamps any priority to the valid range', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.double()), (priority) => {
        const chosen = jobOptions({ job, priority }).priority ?? 0;
        return Number.isInteger(chosen) && chosen >= 1 && chosen <= 2_097_151;
      }),
    );
  });

  it('sets a delay only when one is given', () => {
    expect(jobOptions({ job, priority: 1, delayMs: 0.4 }).delay).toBe(1);
    expect(jobOptions({ job, priority: 1, delayMs: 0 })).not.toHaveProperty('delay');
    expect(jobOptions({ job, priority: 1, delayMs: -5 })).not.toHaveProperty('delay');
  });
});
