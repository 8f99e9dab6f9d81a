import type { UnreadableJob } from '@pressroom/db';

import { fingerprintOf, scrubMessage } from '../transition/core/fingerprint.ts';

/** Characters of the job's data that the dead letter stores. */
const EXCERPT = 500;

/**
 * Describes an unreadable queue job as a dead letter. Its step, if any, is still queued in the database, and the sweep adds a
 * valid job. Pure.
 */
export function describeUnreadableJob(job: { queue: string; jobId: string; raw: string }): UnreadableJob {
  const message = `a job of queue ${job.queue} does not name a step and an attempt`;
  return {
    queue: job.queue,
    agent: job.queue.split('.')[0] ?? job.queue,
    jobId: job.jobId,
    excerpt: scrubMessage(job.raw.slice(0, EXCERPT)),
    bytes: Buffer.byteLength(job.raw),
    message,
    fingerprint: fingerprintOf({ code: 'JOB_MALFORMED', message }),
  };
}
