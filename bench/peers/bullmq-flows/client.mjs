import { FlowProducer, QueueEvents } from 'bullmq';

import { assertFinalResult } from '../steps.mjs';
import { connectionOf, QUEUE } from './queue.mjs';

export async function createClient(env) {
  const connection = connectionOf(env);
  const flows = new FlowProducer({ connection });
  const events = new QueueEvents(QUEUE, { connection });
  events.setMaxListeners(0);
  await Promise.all([flows.waitUntilReady(), events.waitUntilReady()]);
  const node = (task, name, children) => ({
    name,
    queueName: QUEUE,
    data: { task },
    opts: { jobId: `${task}-${name}` },
    ...(children && { children }),
  });

  return {
    async submit(task) {
      const tree = node(task, 'refine', [node(task, 'outline', [node(task, 'research')])]);
      const { job } = await flows.add(tree);
      return { task, job };
    },
    async wait({ task, job }) {
      assertFinalResult(task, await job.waitUntilFinished(events));
    },
    close: () => Promise.all([flows.close(), events.close()]),
  };
}
