/**
 * DBOS with workflows started where they run. Its queues would take load off the submitter, but they poll (once a second by
 * default) and were slower in every measurement: the faster way is the one to compare with.
 */
import { DBOS } from '@dbos-inc/dbos-sdk';

import { assertFinalResult, CONCURRENCY, DRAFTS, work } from '../steps.mjs';

const step = (name, run) => DBOS.runStep(() => Promise.resolve(run()), { name });

const pipeline = DBOS.registerWorkflow(
  async (task) => {
    const research = await step('research', () => work(task, 'research', []));
    const outline = await step('outline', () => work(task, 'outline', [research]));
    const settled = await Promise.allSettled(DRAFTS.map((name) => step(name, () => work(task, name, [outline]))));
    const drafts = settled.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    return step('refine', () => work(task, 'refine', drafts));
  },
  { name: 'pipeline' },
);

const quiet = {
  debug() {},
  info() {},
  warn: (message) => console.error(message),
  error: (message) => console.error(message),
};

export async function createClient(env) {
  DBOS.setConfig({
    name: 'peers',
    systemDatabaseUrl: env.DATABASE_URL,
    systemDatabasePoolSize: 10,
    logger: quiet,
    enableOTLP: false,
    applicationVersion: '1',
    executorID: 'e1',
    // Nobody takes from the queue that tasks are only accepted into.
    listenQueues: ['work'],
  });
  await DBOS.launch();
  await DBOS.registerQueue('work', { workerConcurrency: CONCURRENCY });
  await DBOS.registerQueue('parked', {});

  return {
    maxInFlight: CONCURRENCY,
    submit: async (task) => ({ task, handle: await DBOS.startWorkflow(pipeline, { workflowID: task })(task) }),
    async wait({ task, handle }) {
      assertFinalResult(task, await handle.getResult());
    },
    accept: (task) => DBOS.startWorkflow(pipeline, { workflowID: task, queueName: 'parked' })(task),
    close: () => DBOS.shutdown(),
  };
}
