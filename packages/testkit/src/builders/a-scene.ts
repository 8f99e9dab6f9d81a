import {
  createSessionStore,
  createSubmitStore,
  type NewTask,
  type ExchangeAnswer,
  type StepAttempt,
} from '@pressroom/db';
import { ALL_QUEUES } from '@pressroom/contracts';
import { newId } from '@pressroom/runtime';

import type { OpenTestDatabase } from '../stores/open-test-database.ts';
import { aTask } from './a-task.ts';
import { driveSteps, type Settlement } from './step-driver.ts';

/** Test fixtures: a tenant, live sessions and running tasks. Created through the stores. */
export interface Scene {
  tenantId: string;
  /** Inserts another tenant and returns its id. */
  addTenant(facts?: { weight?: number; maxConcurrency?: number | null }): Promise<string>;
  /** Opens a live session and returns its id. */
  addSession(facts?: { ttlMs?: number; concurrency?: number; queues?: readonly string[] }): Promise<string>;
  submit(facts?: Partial<NewTask>): Promise<NewTask>;
  /** Acquires an attempt of a queued step. */
  acquire(sessionId: string, stepId: string, attempt?: number): Promise<StepAttempt>;
  /** Submits a task and acquires its first step. */
  running(facts?: Partial<NewTask>): Promise<{ task: NewTask; sessionId: string; attempt: StepAttempt }>;
  settle(sessionId: string, ...items: Settlement[]): Promise<ExchangeAnswer>;
  /** Expires a session, as if its heartbeats had stopped. */
  expireSession(sessionId: string): Promise<void>;
}

/** A successful settlement of an attempt. */
export function aSettlement(attempt: { stepId: string; attempt: number }, facts: Partial<Settlement> = {}): Settlement {
  return {
    stepId: attempt.stepId,
    attempt: attempt.attempt,
    output: { text: 'done' },
    limitations: [],
    degraded: false,
    costNano: '0',
    spawn: [],
    joins: {},
    avoided: [],
    ...facts,
  };
}

export async function openScene({ database, sql }: Pick<OpenTestDatabase, 'database' | 'sql'>): Promise<Scene> {
  const sessions = createSessionStore(database);
  const steps = driveSteps(database);
  const tasks = createSubmitStore(database);

  const addTenant: Scene['addTenant'] = async ({ weight = 1, maxConcurrency = null } = {}) => {
    const id = newId();
    await sql('INSERT INTO tenant (id, name, weight, max_concurrency) VALUES ($1, $2, $3, $4)', [
      id,
      `tenant ${id}`,
      weight,
      maxConcurrency,
    ]);
    return id;
  };
  const tenantId = await addTenant();

  const scene: Scene = {
    tenantId,
    addTenant,
    async addSession({ ttlMs = 60_000, concurrency = 8, queues = ALL_QUEUES } = {}) {
      const id = newId();
      await sessions.open({ id, host: 'test', pid: 1, queues, concurrency, version: '0' }, ttlMs);
      return id;
    },
    async submit(facts = {}) {
      const task = aTask({ tenantId, ...facts });
      await tasks.submit([task]);
      return task;
    },
    async acquire(sessionId, stepId, attempt = 1) {
      const [taken] = await steps.acquire(sessionId, [{ stepId, attempt }]);
      if (!taken) throw new Error(`attempt ${attempt} of step ${stepId} could not be acquired`);
      return taken;
    },
    async running(facts) {
      const task = await scene.submit(facts);
      const sessionId = await scene.addSession();
      const first = task.steps.find((step) => step.depsLeft === 0);
      // Steps under a concurrency limit start as ready; does what the dispatcher would do.
      await sql(`UPDATE step SET status = 'queued', queued_at = now() WHERE id = $1 AND status = 'ready'`, [first?.id]);
      if (!first) throw new Error('the task has no first step');
      return { task, sessionId, attempt: await scene.acquire(sessionId, first.id) };
    },
    settle: (sessionId, ...items) => steps.settle(sessionId, items),
    async expireSession(sessionId) {
      await sql(`UPDATE worker_session SET expires_at = now() - interval '1 ms' WHERE id = $1`, [sessionId]);
    },
  };
  return scene;
}
