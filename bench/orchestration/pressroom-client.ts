/** Client of Pressroom over REST. Completion is read from the task's row. */
import { randomUUID } from 'node:crypto';

import pg from 'pg';
import { Agent, request } from 'undici';

import { makeStepResult } from '../load/step-result.ts';
import type { CreateClient } from '../load/load-client.ts';
import { taskBody } from './workload.ts';

const CONNECTIONS = 64;
const DRAIN_POLL_MS = 10;
const LONE_POLL_MS = 1;

const ANY_OPEN = { name: 'any_open', text: 'SELECT EXISTS (SELECT FROM task WHERE finished_at IS NULL) AS open' };
const IS_DONE = {
  name: 'is_done',
  text: 'SELECT status, finished_at IS NOT NULL AS done, steps_left <= 1 AS almost FROM task WHERE id = $1',
};
/** Tasks that did not complete, or whose last result is missing or has the wrong size. */
const WRONG = `
  SELECT count(*)::int AS wrong FROM task t
  WHERE t.status <> 'completed' OR NOT EXISTS (
    SELECT FROM artifact a WHERE a.task_id = t.id AND a.step_key = 'refine'
      AND a.body ->> 'inputs' = '4' AND length(a.body ->> 'text') = $1)`;
const TEXT_LENGTH = makeStepResult({ task: randomUUID(), step: 'refine', inputs: 4 }).text.length;

export const createClient: CreateClient = async (env) => {
  const { COORDINATOR_URL = '', COORDINATOR_KEY = '', DATABASE_URL = '' } = env;
  const agent = new Agent({ connections: CONNECTIONS, pipelining: 1 });
  const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 2 });
  const body = JSON.stringify(taskBody());
  await pool.query('SELECT 1');
  let polls = 0;

  return {
    async submit(id) {
      const response = await request(`${COORDINATOR_URL}/v1/tasks`, {
        method: 'POST',
        dispatcher: agent,
        headers: {
          authorization: `Bearer ${COORDINATOR_KEY}`,
          'content-type': 'application/json',
          'idempotency-key': id,
        },
        body,
      });
      const answer = await response.body.text();
      if (response.statusCode !== 202) throw new Error(`${response.statusCode} ${answer}`);
      return (JSON.parse(answer) as { id: string }).id;
    },
    async wait(id) {
      for (;;) {
        const { rows } = await pool.query<{ status: string; done: boolean; almost: boolean }>({
          ...IS_DONE,
          values: [id],
        });
        if (rows[0]?.done === true) {
          if (rows[0].status !== 'completed') throw new Error(`task ${String(id)} ended ${rows[0].status}`);
          return;
        }
        // Pausing at the end would count as latency; not pausing before would only use CPU.
        if (rows[0]?.almost !== true) await delay(LONE_POLL_MS);
      }
    },
    async drained() {
      for (;;) {
        polls += 1;
        const { rows } = await pool.query<{ open: boolean }>(ANY_OPEN);
        if (rows[0]?.open === false) return;
        await delay(DRAIN_POLL_MS);
      }
    },
    polls: () => polls,
    async verify() {
      const { rows } = await pool.query<{ wrong: number }>(WRONG, [TEXT_LENGTH]);
      if (rows[0]?.wrong !== 0) throw new Error(`${rows[0]?.wrong ?? '?'} tasks did not complete with a right result`);
    },
    async close() {
      await agent.close();
      await pool.end();
    },
  };
};

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
