import { describe, expect, it } from 'vitest';

import { createFakeJobSource } from './fake-job-source.test-support.ts';
import { createRunningJobs, renewLocks, type RunningJob } from './running-jobs.ts';

const aRunningJob = (id: string, source = createFakeJobSource().source): RunningJob => ({
  source,
  id,
  token: 't',
  abort: new AbortController(),
});

describe('running jobs', () => {
  it('are idle once the last one is removed', async () => {
    const running = createRunningJobs();
    await running.whenIdle();
    const [a, b] = [aRunningJob('a'), aRunningJob('b')];
    running.add(a);
    running.add(b);
    let idle = false;
    const waiting = running.whenIdle().then(() => (idle = true));
    running.remove(a);
    await Promise.resolve();
    expect(idle).toBe(false);
    running.remove(b);
    await waiting;
    expect(idle).toBe(true);
  });

  it('distinguish jobs, whose locks are renewed, from other work, which a drain also waits for', async () => {
    const running = createRunningJobs();
    const job = aRunningJob('a');
    const work = { abort: new AbortController() };
    running.add(job);
    running.add(work);
    expect(running.jobs()).toEqual([job]);
    expect(running.all()).toEqual([job, work]);
    expect(running.size).toBe(2);
    let idle = false;
    const waiting = running.whenIdle().then(() => (idle = true));
    running.remove(job);
    await Promise.resolve();
    expect(idle).toBe(false);
    running.remove(work);
    await waiting;
    expect(running.size).toBe(0);
  });
});

describe('renewLocks', () => {
  it('returns the jobs whose lock is lost', async () => {
    const { source } = createFakeJobSource();
    const { lost, errors } = await renewLocks([aRunningJob('a', source), aRunningJob('lost-1', source)]);
    expect(lost.map(({ id }) => id)).toEqual(['lost-1']);
    expect(errors).toEqual([]);
  });

  it('sends one command per queue, and continues when one does not respond', async () => {
    const [good, bad] = [createFakeJobSource('draft.batch').source, createFakeJobSource('refine.batch').source];
    let asked = 0;
    good.renew = (held) => {
      asked += 1;
      return Promise.resolve(held.map(({ id }) => id));
    };
    bad.renew = () => Promise.reject(new Error('no answer'));
    const { lost, errors } = await renewLocks([aRunningJob('a', good), aRunningJob('b', bad), aRunningJob('c', good)]);
    expect(asked).toBe(1);
    expect(lost).toHaveLength(2);
    expect(errors).toHaveLength(1);
  });
});
