import type { StepJob } from '@pressroom/contracts';
import { silentLogger, systemClock } from '@pressroom/runtime';
import { describe, expect, it } from 'vitest';

import { createFakeJobSource } from './fake-job-source.test-support.ts';
import type { ClaimedJob } from './job-source.ts';
import { type MalformedJob, parseJob, runJob, type RunJobDeps } from './run-job.ts';
import { createRunningJobs } from './running-jobs.ts';

const stepJob: StepJob = {
  taskId: '0190a8c0-0000-7000-8000-000000000001',
  stepId: '0190a8c0-0000-7000-8000-000000000002',
  attempt: 1,
};

function arrange(overrides: Partial<RunJobDeps> = {}) {
  const fake = createFakeJobSource();
  const handled: StepJob[] = [];
  const errors: unknown[] = [];
  const malformed: MalformedJob[] = [];
  const running = createRunningJobs();
  let released = 0;
  const deps: RunJobDeps = {
    handler: (job) => Promise.resolve(handled.push(job)),
    onError: (error) => errors.push(error),
    onMalformed: (found) => malformed.push(found),
    running,
    mayTakeNext: () => false,
    clock: { ...systemClock, sleep: () => Promise.resolve() },
    random: () => 0,
    log: silentLogger(),
    ...overrides,
  };
  const run = (data: string = JSON.stringify(stepJob)) => {
    const job: ClaimedJob = { id: 'a', data };
    return runJob(
      fake.source,
      job,
      'token',
      {
        release: () => {
          released += 1;
        },
      },
      deps,
    );
  };
  return { ...fake, handled, errors, malformed, running, run, released: () => released };
}

describe('runJob', () => {
  it('handles, completes, and releases the slot', async () => {
    const { run, handled, calls, released, running } = arrange();
    await run();
    expect(handled).toEqual([stepJob]);
    expect(calls).toEqual(['complete a']);
    expect(released()).toBe(1);
    expect(running.size).toBe(0);
  });

  it('continues with the next job while it may keep the slot', async () => {
    let may = 2;
    const { run, add, handled, calls, released } = arrange({ mayTakeNext: () => (may -= 1) >= 0 });
    ['b', 'c', 'd'].forEach((id) => {
      add(id, stepJob);
    });
    await run();
    expect(calls).toEqual(['complete a and take', 'complete b and take', 'complete c']);
    expect(handled).toHaveLength(3);
    expect(released()).toBe(1);
  });

  it('completes a job whose handler fails', async () => {
    const failure = new Error('agent broke');
    const { run, errors, calls } = arrange({ handler: () => Promise.reject(failure) });
    await run();
    expect(errors).toEqual([failure]);
    expect(calls).toEqual(['complete a']);
  });

  it.each([
    '',
    'null',
    '{',
    '[]',
    '"text"',
    '{"taskId":"x"}',
    JSON.stringify({ ...stepJob, attempt: 0 }),
    JSON.stringify({ ...stepJob, more: 1 }),
  ])('completes %j without handling it', async (data) => {
    const { run, malformed, handled, calls } = arrange();
    await run(data);
    expect(malformed).toEqual([{ queue: 'draft.batch', jobId: 'a', raw: data }]);
    expect(handled).toEqual([]);
    expect(calls).toEqual(['complete a']);
  });

  it('retries completion a few times, then leaves the job to redelivery', async () => {
    const { run, fail, calls, released } = arrange();
    fail.complete = new Error('connection lost');
    await run();
    expect(calls).toHaveLength(4);
    expect(released()).toBe(1);
  });

  it('does not retry the completion of a job that the store no longer has', async () => {
    const { run, fail, calls } = arrange();
    fail.complete = Object.assign(new Error('Missing key for job a'), { code: -1 });
    await run();
    expect(calls).toHaveLength(1);
  });

  it('releases the slot even when a hook throws', async () => {
    const { run, released, running } = arrange({
      handler: () => Promise.reject(new Error('agent broke')),
      onError: () => {
        throw new Error('hook broke');
      },
    });
    await run();
    expect(released()).toBe(1);
    expect(running.size).toBe(0);
  });
});

describe('parseJob', () => {
  it('parses the producer’s jobs', () => {
    expect(parseJob(JSON.stringify(stepJob))).toEqual(stepJob);
  });
});
