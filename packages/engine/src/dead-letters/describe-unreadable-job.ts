import type { UnreadableJob } from '@pressroom/db';

import { fingerprintOf, scrubMessage } from '../transition/core/fingerprint.ts';

/** Bytes of a job's data that are kept: enough to see what it was meant to be. */
const EXCERPT = 500;

/**
 * A queue job that is no step job, as a dead letter. Nothing is lost with it: the step it may have been for is queued in
 * the database, and the sweep adds a job that can be read.
 */
export function describeUnreadableJob(job: { queue: string; jobId: string; raw: string }): UnreadableJob {
  const message = `a job of queue ${job.queue} is not one that names a step and an attempt`;
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
