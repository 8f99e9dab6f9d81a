import pg from 'pg';

import { assertFinalResult, createWaitingRoom } from '../steps.mjs';
import * as sql from './schema.mjs';

const POOL_SIZE = 10;

export async function createClient(env) {
  const pool = new pg.Pool({ connectionString: env.DATABASE_URL, max: POOL_SIZE });
  const listener = new pg.Client({ connectionString: env.DATABASE_URL });
  const room = createWaitingRoom();
  await listener.connect();
  listener.on('notification', ({ payload }) => room.announce(payload));
  await listener.query('LISTEN task_done');

  return {
    async submit(task) {
      const done = room.expect(task);
      const client = await pool.connect();
      try {
        await sql.inTransaction(client, async () => {
          await client.query(sql.insertTask(task));
          await client.query(sql.addJob('research', { task }));
        });
      } finally {
        client.release();
      }
      return { task, done };
    },
    async wait({ task, done }) {
      await done;
      const { rows } = await pool.query(sql.findResults(task, ['refine']));
      assertFinalResult(task, rows[0].output);
    },
    async close() {
      await listener.end();
      await pool.end();
    },
  };
}
