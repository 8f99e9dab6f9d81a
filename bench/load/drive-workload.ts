import { ALL_QUEUES } from '@pressroom/contracts';
import {
  createSessionStore,
  createStepStore,
  createSubmitStore,
  type Database,
  type NewTask,
  type SettleItem,
  type StepAttempt,
} from '@pressroom/db';
import { extendPlan, planTask } from '@pressroom/engine';
import { newId } from '@pressroom/runtime';
import type { Pipeline } from '@pressroom/pipelines';

import { makeStepResult } from './step-result.ts';

/** Much longer than any run, because the driver renews no lease. */
const SESSION_TTL_MS = 86_400_000;
const TASKS_AT_ONCE = 64;

export interface WorkloadDriver {
  /** Submits tasks and completes all their steps; returns the tasks' ids. */
  run(tasks: number, facts?: Partial<NewTask>): Promise<string[]>;
}

/**
 * Runs tasks through the product's SQL statements in this process, without queue store and workers. PostgreSQL then contains
 * the same data as after a run of the whole system, in a fraction of the time.
 */
export async function openWorkloadDriver(
  database: Database,
  options: { pipeline: Pipeline; input: Readonly<Record<string, unknown>>; tenantId: string },
): Promise<WorkloadDriver> {
  const { pipeline, input, tenantId } = options;
  const submits = createSubmitStore(database);
  const steps = createStepStore(database);
  const sessionId = newId();
  await createSessionStore(database).open(
    {
      id: sessionId,
      host: 'bench',
      pid: process.pid,
      queues: ALL_QUEUES,
      concurrency: TASKS_AT_ONCE,
      version: 'bench',
    },
    SESSION_TTL_MS,
  );
  const request = { pipeline, input, quality: 'balanced', lane: 'interactive', newId } as const;

  const planned = (facts: Partial<NewTask>): NewTask => ({
    id: newId(),
    tenantId,
    type: pipeline.type,
    title: 'bench',
    pipelineVersion: pipeline.version,
    lane: 'interactive',
    priority: 5,
    quality: 'balanced',
    budgetNano: null,
    input,
    approvals: [],
    callbackUrl: null,
    metadata: {},
    tags: [],
    idempotencyKey: null,
    requestHash: null,
    timeoutMs: pipeline.defaultTimeoutMs,
    approvalTimeoutMs: 600_000,
    runAt: null,
    enqueueImmediately: true,
    steps: planTask(request),
    ...facts,
  });
  const settled = (attempt: StepAttempt): SettleItem => {
    const inputs = Object.keys(attempt.outputs).length;
    const output = { ...makeStepResult({ task: attempt.taskId, step: attempt.key, inputs }) };
    return {
      taskId: attempt.taskId,
      stepId: attempt.stepId,
      attempt: attempt.attempt,
      output,
      limitations: [],
      degraded: false,
      costNano: '0',
      avoided: [],
      ...extendPlan(request, attempt.key, output),
    };
  };

  const complete = async (tasks: readonly NewTask[]): Promise<void> => {
    await submits.submit(tasks);
    let settle: SettleItem[] = [];
    let acquire = tasks.flatMap((task) =>
      task.steps
        .filter((step) => step.depsLeft === 0)
        .map((step) => ({ taskId: task.id, stepId: step.id, attempt: 1 })),
    );
    let finished = 0;
    while (settle.length > 0 || acquire.length > 0) {
      const answer = await steps.exchange(sessionId, {
        settle,
        acquire,
        handoffQueues: ALL_QUEUES,
        queuesWithBacklog: [],
        directCapacity: 1_000_000,
        extraSlots: 1_000,
        skipLocked: false,
      });
      finished += answer.finished.length;
      settle = answer.attempts.map(settled);
      acquire = answer.released
        .filter(({ kind }) => kind === 'queued')
        .map(({ taskId, stepId, attempt }) => ({ taskId, stepId, attempt: attempt + 1 }));
    }
    if (finished !== tasks.length) throw new Error(`${finished} of ${tasks.length} tasks completed`);
  };

  return {
    async run(count, facts = {}) {
      const ids: string[] = [];
      while (ids.length < count) {
        const batch = Array.from({ length: Math.min(TASKS_AT_ONCE, count - ids.length) }, () => planned(facts));
        await complete(batch);
        ids.push(...batch.map((task) => task.id));
      }
      return ids;
    },
  };
}
