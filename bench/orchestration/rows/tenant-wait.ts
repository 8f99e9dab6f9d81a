import { setTimeout as delay } from 'node:timers/promises';

import type { Random } from '@pressroom/runtime';

import { summarise } from '../../statistics/summarise.ts';
import type { Contender } from '../contender.ts';
import { startSystem, type System } from './system.ts';

export interface TenantWaitSize {
  /** Minimum number of waiting tasks of the other tenant, from the first sample to the last. */
  backlog: number;
  /** Tasks that it completes in the meantime. */
  surplus: number;
  stepMs: number;
  samples: number;
}

export interface TenantWaitFigures {
  contender: string;
  /** From acceptance until the first step started, on an idle system. */
  idleMs: number[];
  behindMs: number[];
  /** The wait behind the backlog minus the median wait on an idle system. */
  extraMs: number[];
  /** Tasks of the other tenant still waiting after the last sample. */
  backlogAfter: number;
}

const POLL_MS = 10;

/** Measures how much longer a tenant's only task waits for its first step while another tenant has filled the queue. */
export async function measureTenantWait(
  contender: Contender,
  size: TenantWaitSize,
  random: Random,
): Promise<TenantWaitFigures> {
  const system = await startSystem(contender);
  const sample = async (name: string): Promise<number[]> => {
    const waits: number[] = [];
    for (let n = 0; n < size.samples; n += 1) {
      // Each task is the first and only one of its tenant, submitted at a random time between two free slots.
      await delay(random() * 2 * size.stepMs);
      waits.push(await firstStepWait(system, await system.submit(await system.addTenant(`${name}-${n}`))));
    }
    return waits;
  };
  try {
    await system.startWorker(size.stepMs);
    const idleMs = await sample('idle');
    const crowd = await system.addTenant('crowd');
    await system.submitMany(crowd, size.backlog + size.surplus);
    const behindMs = await sample('behind');
    const usual = summarise(idleMs).median;
    return {
      contender: contender.name,
      idleMs,
      behindMs,
      extraMs: behindMs.map((ms) => Math.max(0, ms - usual)),
      backlogAfter: await waitingOf(system, crowd),
    };
  } finally {
    await system.stop();
  }
}

async function firstStepWait({ sql }: System, taskId: string): Promise<number> {
  for (;;) {
    const { rows } = await sql.query<{ wait_ms: number | null }>(
      `SELECT extract(epoch FROM min(s.first_started_at) - min(t.created_at))::float8 * 1000 AS wait_ms
       FROM task t JOIN step s ON s.task_id = t.id WHERE t.id = $1`,
      [taskId],
    );
    const waitMs = rows[0]?.wait_ms ?? null;
    if (waitMs !== null) return waitMs;
    await delay(POLL_MS);
  }
}

async function waitingOf({ sql }: System, tenantId: string): Promise<number> {
  const { rows } = await sql.query<{ waiting: number }>(
    `SELECT count(*)::int AS waiting FROM task WHERE tenant_id = $1 AND finished_at IS NULL AND status = 'queued'`,
    [tenantId],
  );
  return rows[0]?.waiting ?? 0;
}
