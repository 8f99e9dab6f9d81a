import { join } from 'node:path';

import { newId } from '@pressroom/runtime';
import type pg from 'pg';
import { Agent, request } from 'undici';

import { startChild, type Child } from '../../machine/child.ts';
import type { Contender } from '../contender.ts';
import { startContender } from '../start-contender.ts';
import { taskBody } from '../workload.ts';

const WORKER = join(import.meta.dirname, '..', 'worker.ts');
/** Maximum tasks per bulk request, and number of concurrent requests. */
const BULK_SIZE = 500;
const BULK_WIDTH = 4;
/** Far more than any row submits: these rows measure waiting tasks, not their rejection. */
const UNLIMITED_BACKLOG = 10_000_000;

/** Pressroom's coordinator and stores; the row starts and stops the workers. */
export interface System {
  sql: pg.Pool;
  redisPort: number | undefined;
  addTenant(name: string): Promise<string>;
  submit(tenantId: string): Promise<string>;
  submitMany(tenantId: string, count: number): Promise<void>;
  /** @param stepMs duration of each step, without CPU use */
  startWorker(stepMs?: number): Promise<Child>;
  stop(): Promise<void>;
}

export async function startSystem(contender: Contender): Promise<System> {
  const running = await startContender(contender, { without: ['worker'] });
  const { sql, env } = running;
  if (!sql) throw new Error('this row needs PostgreSQL');
  const agent = new Agent({ connections: BULK_WIDTH, headersTimeout: 120_000 });
  const workers: Child[] = [];

  const post = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const response = await request(`${env['COORDINATOR_URL'] ?? ''}${path}`, {
      method: 'POST',
      dispatcher: agent,
      headers: { authorization: `Bearer ${env['COORDINATOR_KEY'] ?? ''}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = (await response.body.json()) as Record<string, unknown>;
    if (response.statusCode >= 300) throw new Error(`${response.statusCode} ${JSON.stringify(answer)}`);
    return answer;
  };

  return {
    sql,
    redisPort: running.stores.redisPort,
    async addTenant(name) {
      const id = newId();
      await sql.query('INSERT INTO tenant (id, name, max_backlog) VALUES ($1, $2, $3)', [id, name, UNLIMITED_BACKLOG]);
      return id;
    },
    submit: async (tenantId) => String((await post('/v1/tasks', taskBody({ tenantId })))['id']),
    async submitMany(tenantId, count) {
      let left = count;
      const lane = async (): Promise<void> => {
        while (left > 0) {
          const size = Math.min(BULK_SIZE, left);
          left -= size;
          const tasks = Array.from({ length: size }, () => taskBody({ tenantId }));
          const { accepted } = await post('/v1/tasks/bulk', tasks);
          if (accepted !== size) throw new Error(`${String(accepted)} of ${size} tasks were accepted`);
        }
      };
      await Promise.all(Array.from({ length: BULK_WIDTH }, lane));
    },
    async startWorker(stepMs = 0) {
      const worker = await startChild({ program: WORKER, env: { ...env, BENCH_STEP_MS: String(stepMs) } });
      workers.push(worker);
      return worker;
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.kill()));
      await agent.close();
      await running.stop();
    },
  };
}
