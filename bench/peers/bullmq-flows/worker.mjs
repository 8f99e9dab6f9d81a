/**
 * Raw BullMQ flows. A flow is a tree (a job has one parent), so that one outline cannot be the shared child of three
 * drafts: the flow is refine ← outline ← research, and the outline adds the drafts as further children of refine.
 */
import { Queue, Worker } from 'bullmq';

import { CONCURRENCY, DRAFTS, work } from '../steps.mjs';
import { runWorker } from '../worker-process.mjs';
import { connectionOf, QUEUE } from './queue.mjs';

await runWorker(async (env) => {
  const connection = connectionOf(env);
  const queue = new Queue(QUEUE, { connection });
  const results = async (job) => Object.values(await job.getChildrenValues());

  const run = {
    research: (job) => work(job.data.task, 'research', []),
    async outline(job) {
      const { task } = job.data;
      const outline = work(task, 'outline', await results(job));
      const parent = { id: job.parent.id, queue: job.queueQualifiedName };
      await queue.addBulk(
        DRAFTS.map((step) => ({
          name: 'draft',
          data: { task, step, outline },
          opts: { jobId: `${task}-${step}`, parent },
        })),
      );
      return outline;
    },
    draft: (job) => work(job.data.task, job.data.step, [job.data.outline]),
    async refine(job) {
      const drafts = (await results(job)).filter((result) => result.includes('"step":"draft-'));
      return work(job.data.task, 'refine', drafts);
    },
  };

  const worker = new Worker(QUEUE, (job) => run[job.name](job), { connection, concurrency: CONCURRENCY });
  worker.on('error', (error) => console.error(error));
  worker.on('failed', (_job, error) => console.error(error));
  await worker.waitUntilReady();
  return async () => {
    await worker.close();
    await queue.close();
  };
});
