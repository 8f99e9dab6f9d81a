import type { QueueName } from '@pressroom/contracts';

import type { Claim, ClaimedJob, JobSource, Signal } from './job-source.ts';

const NOTHING: Claim = { job: undefined, nextAtMs: undefined };

/** An in-memory queue for consumer tests: every call is recorded, waits end by `signal`. */
export function createFakeJobSource(queue: QueueName = 'draft.batch') {
  const jobs: ClaimedJob[] = [];
  const calls: string[] = [];
  let endWait: ((signal: Signal) => void) | undefined;
  const fail: { claim?: Error; complete?: Error } = {};
  const take = (): Claim => ({ ...NOTHING, job: jobs.shift() });

  const source: JobSource = {
    queue,
    claim: () => {
      calls.push('claim');
      return fail.claim === undefined ? Promise.resolve(take()) : Promise.reject(fail.claim);
    },
    complete: (job, _token, takeNext) => {
      calls.push(`complete ${job.id}${takeNext ? ' and take' : ''}`);
      if (fail.complete !== undefined) return Promise.reject(fail.complete);
      return Promise.resolve(takeNext ? take() : NOTHING);
    },
    renew: (held) => Promise.resolve(held.filter(({ id }) => id.startsWith('lost')).map(({ id }) => id)),
    recoverStalled: () => Promise.resolve(0),
    wait: (waitMs) => {
      calls.push(`wait ${waitMs}`);
      return new Promise((resolve) => {
        endWait = resolve;
      });
    },
    returnSignal: () => {
      calls.push('return signal');
      return Promise.resolve();
    },
    interrupt: () => {
      endWait?.({ outcome: 'timeout' });
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  return {
    source,
    calls,
    fail,
    add: (id: string, data: unknown = {}) => {
      jobs.push({ id, data: typeof data === 'string' ? data : JSON.stringify(data) });
    },
    signal: (signal: Signal = { outcome: 'signalled' }) => {
      endWait?.(signal);
    },
  };
}
