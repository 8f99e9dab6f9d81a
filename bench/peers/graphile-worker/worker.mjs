/** graphile-worker with its batching options: the next job is added in the transaction that keeps the result. */
import { Logger, run, runMigrations } from 'graphile-worker';
import pg from 'pg';

import { CONCURRENCY, DRAFTS, work } from '../steps.mjs';
import { runWorker } from '../worker-process.mjs';
import * as sql from './schema.mjs';

const logger = new Logger(() => (level, message) => {
  if (level === 'error' || level === 'warning') console.error(message);
});

const results = async (client, task, steps) =>
  (await client.query(sql.findResults(task, steps))).rows.map((row) => row.output);
/** A job's work in one transaction. */
const job = (handle) => (payload, helpers) =>
  helpers.withPgClient((client) => sql.inTransaction(client, () => handle(client, payload)));

const taskList = {
  research: job(async (client, { task }) => {
    await client.query(sql.keepResult(task, 'research', work(task, 'research', [])));
    await client.query(sql.addJob('outline', { task }));
  }),
  outline: job(async (client, { task }) => {
    const output = work(task, 'outline', await results(client, task, ['research']));
    await client.query(sql.keepResult(task, 'outline', output));
    await client.query(sql.addDrafts(task, DRAFTS));
  }),
  draft: job(async (client, { task, step }) => {
    const output = work(task, step, await results(client, task, ['outline']));
    await client.query(sql.keepResult(task, step, output));
    const { rows } = await client.query(sql.countDown(task));
    if (rows[0].drafts_left === 0) await client.query(sql.addJob('refine', { task }));
  }),
  refine: job(async (client, { task }) => {
    const output = work(task, 'refine', await results(client, task, DRAFTS));
    await client.query(sql.keepResult(task, 'refine', output));
    await client.query(sql.finishTask(task));
    await client.query(sql.announceTask(task));
  }),
};

await runWorker(async (env) => {
  const connectionString = env.DATABASE_URL;
  const setUp = new pg.Client({ connectionString });
  await setUp.connect();
  await setUp.query(sql.SCHEMA);
  await setUp.end();
  await runMigrations({ connectionString, logger });
  const runner = await run({
    preset: {
      worker: {
        connectionString,
        logger,
        concurrentJobs: CONCURRENCY,
        maxPoolSize: CONCURRENCY + 2,
        localQueue: { size: 64 },
        completeJobBatchDelay: 0,
      },
    },
    taskList,
    noHandleSignals: true,
  });
  return () => runner.stop();
});
