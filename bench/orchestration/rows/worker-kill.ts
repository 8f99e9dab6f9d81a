import { setTimeout as delay } from 'node:timers/promises';

import type { Random } from '@pressroom/runtime';

import type { Child } from '../../machine/child.ts';
import type { Contender } from '../contender.ts';
import { startSystem, type System } from './system.ts';

export interface KillSize {
  kills: number;
  workers: number;
  /** Long enough that a killed worker always holds steps. */
  stepMs: number;
  tasks: number;
}

export interface KillFigures {
  contender: string;
  kills: number;
  /** For every step held by a killed worker: from SIGKILL until its next attempt started. */
  handOverMs: number[];
  /** The part of it until the attempt was detected as lost; the rest is waiting for a slot. */
  detectedMs: number[];
}

/** Maximum wait for the steps of the last killed worker; a step that has not started again by then fails the row. */
const PATIENCE_MS = 30_000;
const POLL_MS = 250;

interface Kill {
  sessionId: string;
  atMs: number;
}

/** Kills workers one after another under load. A new worker replaces each; the others continue. */
export async function measureWorkerKills(contender: Contender, size: KillSize, random: Random): Promise<KillFigures> {
  const system = await startSystem(contender);
  try {
    await system.submitMany(await system.addTenant('load'), size.tasks);
    const workers: Child[] = [];
    for (let n = 0; n < size.workers; n += 1) workers.push(await system.startWorker(size.stepMs));
    const kills: Kill[] = [];
    for (let n = 0; n < size.kills; n += 1) {
      await delay(size.stepMs + random() * 1_000);
      const [victim] = workers.splice(Math.floor(random() * workers.length), 1);
      if (!victim) throw new Error('there is no worker to kill');
      const sessionId = await busySession(system, victim.pid);
      const atMs = Date.now();
      await victim.kill();
      kills.push({ sessionId, atMs });
      workers.push(await system.startWorker(size.stepMs));
    }
    return { contender: contender.name, kills: kills.length, ...(await handOvers(system, kills)) };
  } finally {
    await system.stop();
  }
}

/** The session of a worker, once it runs steps. */
async function busySession({ sql }: System, pid: number): Promise<string> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (performance.now() < deadlineMs) {
    const { rows } = await sql.query<{ id: string }>(
      `SELECT w.id FROM worker_session w WHERE w.pid = $1
         AND EXISTS (SELECT FROM step s WHERE s.session_id = w.id AND s.status = 'running')`,
      [pid],
    );
    if (rows[0]) return rows[0].id;
    await delay(POLL_MS);
  }
  throw new Error('a worker got no steps: too little load for this many kills');
}

async function handOvers(
  { sql }: System,
  kills: readonly Kill[],
): Promise<Pick<KillFigures, 'handOverMs' | 'detectedMs'>> {
  const sessions = kills.map((kill) => kill.sessionId);
  const pending = async (): Promise<number> => {
    const { rows } = await sql.query<{ left: number }>(
      `SELECT (SELECT count(*) FROM step WHERE session_id = ANY ($1) AND status = 'running')::int
            + (SELECT count(*) FROM attempt a JOIN step s ON s.id = a.step_id
               WHERE a.session_id = ANY ($1) AND a.outcome = 'lost' AND s.attempt = a.attempt)::int AS left`,
      [sessions],
    );
    return rows[0]?.left ?? 0;
  };
  const deadlineMs = performance.now() + PATIENCE_MS;
  while ((await pending()) > 0) {
    if (performance.now() > deadlineMs) throw new Error('steps of killed workers did not run again');
    await delay(POLL_MS);
  }
  const { rows } = await sql.query<{ session_id: string; lost_ms: number; again_ms: number | null }>(
    `SELECT lost.session_id, extract(epoch FROM lost.finished_at)::float8 * 1000 AS lost_ms, extract(epoch FROM coalesce(
         (SELECT n.started_at FROM attempt n WHERE n.step_id = lost.step_id AND n.attempt = lost.attempt + 1), s.started_at
       ))::float8 * 1000 AS again_ms
     FROM attempt lost JOIN step s ON s.id = lost.step_id
     WHERE lost.session_id = ANY ($1) AND lost.outcome = 'lost'`,
    [sessions],
  );
  const killedAt = new Map(kills.map((kill) => [kill.sessionId, kill.atMs]));
  const since = (sessionId: string, atMs: number): number => atMs - (killedAt.get(sessionId) ?? 0);
  return {
    handOverMs: rows.map((row) => {
      if (row.again_ms === null) throw new Error('a step of a killed worker has no later start');
      return since(row.session_id, row.again_ms);
    }),
    detectedMs: rows.map((row) => since(row.session_id, row.lost_ms)),
  };
}
