import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';

import { CONCURRENCY, DRAFTS, work } from '../steps.mjs';
import { runWorker } from '../worker-process.mjs';
import { connectionOf, FIND_RESULTS, jobOptions, POOL_SIZE, QUEUE, SCHEMA, SETTLE } from './schema.mjs';

await runWorker(async (env) => {
  const connection = connectionOf(env);
  const pool = new pg.Pool({ connectionString: env.DATABASE_URL, max: POOL_SIZE });
  await pool.query(SCHEMA);
  const queue = new Queue(QUEUE, { connection });
  const publisher = new Redis(env.REDIS_URL);

  const results = async (task, steps) =>
    (await pool.query({ ...FIND_RESULTS, values: [task, steps] })).rows.map((row) => row.output);
  const settle = async (statement, task, step, output) =>
    (await pool.query({ ...statement, values: [task, step, output] })).rows[0];
  const enqueue = (task, steps) =>
    queue.addBulk(steps.map((step) => ({ name: step, data: { task }, opts: jobOptions(task, step) })));

  async function run({ name: step, data: { task } }) {
    if (step === 'research') {
      await settle(SETTLE.plain, task, step, work(task, step, []));
      await enqueue(task, ['outline']);
    } else if (step === 'outline') {
      await settle(SETTLE.plain, task, step, work(task, step, await results(task, ['research'])));
      await enqueue(task, DRAFTS);
    } else if (step === 'refine') {
      await settle(SETTLE.refine, task, step, work(task, step, await results(task, DRAFTS)));
      await publisher.publish('done', task);
    } else {
      const output = work(task, step, await results(task, ['outline']));
      const { drafts_left: left } = await settle(SETTLE.draft, task, step, output);
      if (left === 0) await enqueue(task, ['refine']);
    }
  }

  const worker = new Worker(QUEUE, run, { connection, concurrency: CONCURRENCY });
  worker.on('error', (error) => console.error(error));
  worker.on('failed', (_job, error) => console.error(error));
  await worker.waitUntilReady();
  return async () => {
    await worker.close();
    await queue.close();
    publisher.disconnect();
    await pool.end();
  };
});
