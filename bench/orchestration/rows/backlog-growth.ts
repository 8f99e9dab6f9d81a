import { setTimeout as delay } from 'node:timers/promises';

import type { Contender } from '../contender.ts';
import { queueStoreBytes } from './queue-store-size.ts';
import { startSystem, type System } from './system.ts';

export interface BacklogSize {
  small: number;
  large: number;
  warmUpMs: number;
  windowMs: number;
  repeats: number;
  /** More tasks than the system completes during the measurement, so that at least `small` or `large` tasks always wait. */
  surplus: number;
}

export interface BacklogSample {
  /** Tasks not started at the end of the window: at least this many were waiting throughout. */
  waiting: number;
  tasksPerSecond: number;
  /** Maximum size of the queue store. */
  queueStoreBytes: number;
  /** Maximum number of steps with a job in the queue store that had not started. */
  queuedSteps: number;
}

export interface BacklogFigures {
  contender: string;
  small: BacklogSample[];
  large: BacklogSample[];
}

/** Number of samples of the queue store during the window. */
const LOOKS = 4;

/** Compares throughput and size of the queue store with 100,000 and with 1,000 waiting tasks. */
export async function measureBacklogGrowth(contender: Contender, size: BacklogSize): Promise<BacklogFigures> {
  const figures: BacklogFigures = { contender: contender.name, small: [], large: [] };
  for (let repeat = 0; repeat < size.repeats; repeat += 1) {
    const system = await startSystem(contender);
    try {
      const tenantId = await system.addTenant('backlog');
      await fillUp(system, tenantId, size.small + size.surplus);
      // Not counted: new stores have not been vacuumed and contain less than stores in use.
      await measureWindow(system, size);
      await fillUp(system, tenantId, size.small + size.surplus);
      figures.small.push(await measureWindow(system, size));
      await fillUp(system, tenantId, size.large + size.surplus);
      figures.large.push(await measureWindow(system, size));
    } finally {
      await system.stop();
    }
  }
  return figures;
}

async function fillUp(system: System, tenantId: string, target: number): Promise<void> {
  await system.submitMany(tenantId, target - (await waitingTasks(system)));
}

async function measureWindow(system: System, { warmUpMs, windowMs }: BacklogSize): Promise<BacklogSample> {
  const worker = await system.startWorker();
  await delay(warmUpMs);
  const from = await databaseNow(system);
  const bytes: number[] = [];
  const queued: number[] = [];
  for (let look = 0; look < LOOKS; look += 1) {
    await delay(windowMs / LOOKS);
    bytes.push(await queueStoreBytes(system));
    queued.push(await countQueued(system));
  }
  const until = await databaseNow(system);
  await worker.stop();
  const { rows } = await system.sql.query<{ finished: number; seconds: number }>(
    `SELECT count(*)::int AS finished, extract(epoch FROM $2::timestamptz - $1::timestamptz)::float8 AS seconds
     FROM task WHERE finished_at > $1 AND finished_at <= $2`,
    [from, until],
  );
  const { finished = 0, seconds = 1 } = rows[0] ?? {};
  return {
    waiting: await waitingTasks(system),
    tasksPerSecond: finished / seconds,
    queueStoreBytes: Math.max(...bytes),
    queuedSteps: Math.max(...queued),
  };
}

async function countQueued({ sql }: System): Promise<number> {
  const { rows } = await sql.query<{ queued: number }>(
    `SELECT count(*)::int AS queued FROM step WHERE status = 'queued'`,
  );
  return rows[0]?.queued ?? 0;
}

/** As text: a JavaScript date would drop the microseconds. */
async function databaseNow({ sql }: System): Promise<string> {
  const { rows } = await sql.query<{ now: string }>('SELECT clock_timestamp()::text AS now');
  return rows[0]?.now ?? '';
}

async function waitingTasks({ sql }: System): Promise<number> {
  const { rows } = await sql.query<{ waiting: number }>(
    `SELECT count(*)::int AS waiting FROM task WHERE finished_at IS NULL AND status = 'queued'`,
  );
  return rows[0]?.waiting ?? 0;
}
