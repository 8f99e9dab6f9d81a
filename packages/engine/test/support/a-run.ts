import type { Gate, Lane } from '@pressroom/contracts';
import {
  createAuditStore,
  createDeadLetterQueryStore,
  createDeadLetterStore,
  createStepStore,
  createTaskQueryStore,
  createTaskRestartStore,
  createTaskTransitionStore,
  type Actor,
  type StepAttempt,
} from '@pressroom/db';
import { newId, silentLogger } from '@pressroom/runtime';
import type { Pipeline } from '@pressroom/pipelines';
import {
  aPipeline,
  aSettlement,
  driveSteps,
  openScene,
  type OpenTestDatabase,
  type Settlement,
} from '@pressroom/testkit';

import { createTaskRestarts, createTaskTransitions, extendPlan, planTask } from '../../src/index.ts';

export const OPERATOR: Actor = { keyId: 'key-1', role: 'operate' };

export interface StepRow {
  id: string;
  key: string;
  status: string;
  attempt: number;
  deps: string[];
  next: string[];
  deps_left: number;
  failures: number;
  journal_generation: number;
  params: Record<string, unknown>;
  tier: string;
  spawned_by: string | null;
  order_key: string;
}

export interface TaskRow {
  status: string;
  generation: number;
  steps_total: number;
  steps_left: number;
  steps_bad: number;
  degraded: boolean;
  limitations: { code: string; step?: string }[];
  error: { code: string } | null;
  finished: boolean;
  deadline_in_s: number;
}

export interface SubmitFacts {
  tenantId?: string;
  priority?: number;
  lane?: Lane;
  approvals?: readonly Gate[];
  approvalTimeoutMs?: number;
  timeoutMs?: number;
}

/** Tasks on the real engine and a real database, with the test in the worker's place: it says what each attempt comes to. */
export async function openRun(db: OpenTestDatabase, pipeline: Pipeline = aPipeline()) {
  const { database, sql } = db;
  const scene = await openScene(db);
  const log = silentLogger();
  const findPipeline = (type: string, version?: number): Pipeline | undefined =>
    type === pipeline.type && (version === undefined || version === pipeline.version) ? pipeline : undefined;
  const transitions = createTaskTransitions({
    store: createTaskTransitionStore(database),
    findPipeline,
    random: () => 0,
    log,
  });
  let dispatchRequests = 0;
  const restarts = createTaskRestarts({
    store: createTaskRestartStore(database),
    findPipeline,
    requestDispatch: () => {
      dispatchRequests += 1;
    },
    log,
  });
  const steps = driveSteps(database);
  const sessionId = await scene.addSession();
  const held = new Map<string, StepAttempt>();

  const run = {
    scene,
    sessionId,
    transitions,
    restarts,
    deadLetters: createDeadLetterQueryStore(database),
    deadLetterStore: createDeadLetterStore(database),
    audit: createAuditStore(database),
    queries: createTaskQueryStore(database),
    get dispatchRequests() {
      return dispatchRequests;
    },
    async submit(facts: SubmitFacts = {}): Promise<string> {
      const planned = planTask({
        pipeline,
        input: pipeline.example,
        quality: 'balanced',
        lane: facts.lane ?? 'interactive',
        approvals: facts.approvals ?? [],
        newId,
      });
      const input = pipeline.example;
      return (
        await scene.submit({ type: pipeline.type, pipelineVersion: pipeline.version, input, steps: planned, ...facts })
      ).id;
    },
    async task(taskId: string): Promise<TaskRow> {
      const [row] = await sql<TaskRow & Record<string, unknown>>(
        `SELECT status, generation, steps_total, steps_left, steps_bad, degraded, limitations, error,
           finished_at IS NOT NULL AS finished, extract(epoch FROM deadline_at - now())::float8 AS deadline_in_s
         FROM task WHERE id = $1`,
        [taskId],
      );
      if (!row) throw new Error('no such task');
      return row;
    },
    async steps(taskId: string): Promise<Map<string, StepRow>> {
      const rows = await sql<StepRow & Record<string, unknown>>(
        `SELECT id, key, status, attempt, deps, next, deps_left, failures, journal_generation, params, tier, spawned_by,
           order_key::text
         FROM step WHERE task_id = $1 ORDER BY key`,
        [taskId],
      );
      return new Map(rows.map((row) => [row.key, row]));
    },
    async statuses(taskId: string): Promise<Record<string, string>> {
      return Object.fromEntries([...(await run.steps(taskId)).values()].map((step) => [step.key, step.status]));
    },
    async step(taskId: string, key: string): Promise<StepRow> {
      const step = (await run.steps(taskId)).get(key);
      if (!step) throw new Error(`no step ${key}`);
      return step;
    },
    /** Takes the next attempt of a step that is free to run. */
    async start(taskId: string, key: string): Promise<StepAttempt> {
      const step = await run.step(taskId, key);
      await sql(`UPDATE step SET status = 'queued' WHERE id = $1 AND status = 'ready'`, [step.id]);
      const attempt = await scene.acquire(sessionId, step.id, step.attempt + 1);
      held.set(step.id, attempt);
      return attempt;
    },
    async complete(taskId: string, key: string, facts: Partial<Settlement> = {}): Promise<string | undefined> {
      const attempt = held.get((await run.step(taskId, key)).id) ?? (await run.start(taskId, key));
      held.delete(attempt.stepId);
      const output = facts.output ?? { text: `${key} ${attempt.attempt}` };
      const request = { pipeline, input: pipeline.example, quality: 'balanced', lane: 'interactive', newId } as const;
      const settlement = aSettlement(attempt, {
        output,
        // Successors of a gate are planned at its approval.
        ...(attempt.gate === null ? extendPlan(request, key, output) : {}),
        ...facts,
      });
      const answer = await steps.settle(sessionId, [settlement], { handoffQueues: [], directCapacity: 0 });
      for (const id of answer.unfinished) await transitions.finish(id);
      return answer.outcomes.get(attempt.stepId);
    },
    async fail(taskId: string, key: string, facts: { code?: string; message?: string; retryable?: boolean } = {}) {
      const attempt = held.get((await run.step(taskId, key)).id) ?? (await run.start(taskId, key));
      held.delete(attempt.stepId);
      return transitions.fail(taskId, {
        stepId: attempt.stepId,
        attempt: attempt.attempt,
        sessionId,
        failure: {
          code: facts.code ?? 'PROVIDER_REFUSED',
          message: facts.message ?? 'the provider refused',
          retryable: facts.retryable ?? false,
          counts: true,
          retryAfterMs: 0,
          outcome: 'failed',
          errorClass: 'ProviderRefusedError',
          topFrame: 'packages/llm/src/gateway.ts:call',
        },
        costNano: 0n,
      });
    },
    contextOf: async (stepId: string): Promise<StepAttempt> => {
      const [context] = await createStepStore(database).contexts([stepId]);
      if (!context) throw new Error('no such step');
      return context;
    },
    deadLettersOf: async (taskId: string) =>
      sql<{
        id: string;
        step_key: string;
        state: string;
        generation: number;
        previous_id: string | null;
        redriven_as: number | null;
      }>(
        `SELECT id, step_key, state, generation, previous_id, redriven_as FROM dead_letter WHERE task_id = $1 ORDER BY created_at, id`,
        [taskId],
      ),
    events: async (taskId: string) =>
      sql<{ seq: number; generation: number; type: string; data: Record<string, unknown> }>(
        'SELECT seq, generation, type, data FROM task_event WHERE task_id = $1 ORDER BY seq',
        [taskId],
      ),
    /** A task whose second draft died and was skipped: partial, with one dead letter. */
    async partial(facts: SubmitFacts = {}): Promise<{ taskId: string; deadLetterId: string }> {
      const taskId = await run.submit(facts);
      for (const key of ['research', 'outline', 'draft-1', 'draft-3']) await run.complete(taskId, key);
      await run.fail(taskId, 'draft-2');
      await run.complete(taskId, 'refine');
      const [deadLetter] = await run.deadLettersOf(taskId);
      if (!deadLetter) throw new Error('no dead letter');
      return { taskId, deadLetterId: deadLetter.id };
    },
  };
  return run;
}

export type Run = Awaited<ReturnType<typeof openRun>>;
