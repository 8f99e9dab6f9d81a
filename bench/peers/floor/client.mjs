import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';

import { assertFinalResult, createWaitingRoom, DRAFTS } from '../steps.mjs';
import { connectionOf, FIND_RESULTS, jobOptions, POOL_SIZE, QUEUE, SUBMIT } from './schema.mjs';

const STEPS = ['research', 'outline', ...DRAFTS, 'refine'];

export async function createClient(env) {
  const pool = new pg.Pool({ connectionString: env.DATABASE_URL, max: POOL_SIZE });
  const queue = new Queue(QUEUE, { connection: connectionOf(env) });
  const subscriber = new Redis(env.REDIS_URL);
  const room = createWaitingRoom();
  subscriber.on('message', (_channel, task) => room.announce(task));
  await subscriber.subscribe('done');

  return {
    async submit(task) {
      const done = room.expect(task);
      await pool.query({ ...SUBMIT, values: [task, JSON.stringify({ topic: 'a topic' }), STEPS] });
      await queue.add('research', { task }, jobOptions(task, 'research'));
      return { task, done };
    },
    async wait({ task, done }) {
      await done;
      const { rows } = await pool.query({ ...FIND_RESULTS, values: [task, ['refine']] });
      assertFinalResult(task, rows[0].output);
    },
    async close() {
      subscriber.disconnect();
      await queue.close();
      await pool.end();
    },
  };
}
