import { type QueueName, StepJob } from '@pressroom/contracts';
import { calculateBackoffMs, type Clock, type Logger, type Random } from '@pressroom/runtime';

import type { Claim, ClaimedJob, JobSource } from './job-source.ts';
import type { RunningJobs } from './running-jobs.ts';
import type { Slot } from './slots.ts';

/** Does the work of one job. Its result is ignored and its errors are logged: the job completes either way. */
export type JobHandler = (job: StepJob, signal: AbortSignal, queue: QueueName) => Promise<unknown>;

/** A job whose data is not a step job; dropped after this report. `raw` is the stored text and must not be logged. */
export interface MalformedJob {
  queue: QueueName;
  jobId: string;
  raw: string;
}

export interface RunJobDeps {
  handler: JobHandler;
  onError: (error: unknown, queue: QueueName, job: StepJob) => void;
  onMalformed: (malformed: MalformedJob) => void;
  running: RunningJobs;
  /** Whether the slot may be kept for the queue's next job: true while no other work waits for it. */
  mayTakeNext: (source: JobSource) => boolean;
  clock: Clock;
  random: Random;
  log: Logger;
}

const COMPLETE_ATTEMPTS = 4;
const COMPLETE_BACKOFF = { baseMs: 100, capMs: 1_000 };

/**
 * Runs a claimed job, then the queue's next ones in the same slot as long as no other work waits for it. Always completes
 * the job, because the engine decides in PostgreSQL whether a step is retried. Never rejects.
 */
export async function runJob(
  source: JobSource,
  first: ClaimedJob,
  token: string,
  slot: Slot,
  deps: RunJobDeps,
): Promise<void> {
  try {
    let job: ClaimedJob | undefined = first;
    while (job !== undefined) job = await runOne(source, job, token, deps);
  } catch (error) {
    // Only errors thrown by the hooks reach this point.
    deps.log.error({ err: error, queue: source.queue }, 'queue.hook_failed');
  } finally {
    slot.release();
  }
}

async function runOne(
  source: JobSource,
  job: ClaimedJob,
  token: string,
  deps: RunJobDeps,
): Promise<ClaimedJob | undefined> {
  const entry = { source, id: job.id, token, abort: new AbortController() };
  deps.running.add(entry);
  try {
    await handle(source.queue, job, entry.abort.signal, deps);
    const next = await complete(source, job, token, deps);
    return next.job;
  } finally {
    deps.running.remove(entry);
  }
}

async function handle(queue: QueueName, job: ClaimedJob, signal: AbortSignal, deps: RunJobDeps): Promise<void> {
  const stepJob = parseJob(job.data);
  if (stepJob === undefined) {
    deps.log.error({ queue, jobId: job.id, bytes: job.data.length }, 'queue.job_malformed');
    deps.onMalformed({ queue, jobId: job.id, raw: job.data });
    return;
  }
  try {
    await deps.handler(stepJob, signal, queue);
  } catch (error) {
    deps.log.error({ err: error, queue, ...stepJob }, 'queue.handler_failed');
    deps.onError(error, queue, stepJob);
  }
}

export function parseJob(data: string): StepJob | undefined {
  try {
    return StepJob.safeParse(JSON.parse(data)).data;
  } catch {
    return undefined;
  }
}

/** A job that cannot be completed is redelivered when its lock expires, and the engine then finds it settled. */
async function complete(source: JobSource, job: ClaimedJob, token: string, deps: RunJobDeps): Promise<Claim> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await source.complete(job, token, deps.mayTakeNext(source));
    } catch (error) {
      const isGone = typeof (error as { code?: unknown }).code === 'number';
      if (isGone || attempt === COMPLETE_ATTEMPTS) {
        deps.log.warn({ err: error, queue: source.queue, jobId: job.id, isGone }, 'queue.job_not_completed');
        return { job: undefined, nextAtMs: undefined };
      }
      await deps.clock.sleep(calculateBackoffMs(attempt, COMPLETE_BACKOFF, deps.random(), 50));
    }
  }
}
