import type { CreateTask, QueueName, TaskStatus } from '@pressroom/contracts';
import { isConnectionFailure, type NewTask, type SubmitStore, type TaskByKey } from '@pressroom/db';
import { taskTitle } from '@pressroom/pipelines';
import { createIsolatingBatcher, newId, type Logger } from '@pressroom/runtime';
import { dispatchPriority } from '../dispatch/core/dispatch-priority.ts';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import { planTask } from '../plan/core/plan-task.ts';
import { PipelineUnknownError } from '../engine-errors.ts';
import type { FindPipeline, JobSink } from '../ports.ts';

export interface SubmitRequest {
  tenantId: string;
  task: CreateTask;
  /** Parsed by the task type's own schema. */
  input: unknown;
  /** `formerKey` is where earlier releases stored the key: a task found there is the same one if its body is. */
  idempotency: { key: string; formerKey?: string; bodyHash: string } | undefined;
}

export type SubmitOutcome =
  | { outcome: 'accepted' | 'replayed'; task: { id: string; status: TaskStatus; generation: number; createdAt: Date } }
  | { outcome: 'conflict' };

/**
 * Accepts tasks: the task and its planned steps are committed, many tasks to a commit, before this resolves. A task
 * with an idempotency key that exists already answers the existing one, or `conflict` when the body differs.
 * The queue store is told afterwards, best effort: it may be down, the sweeps find what it missed.
 */
export function createSubmitter(deps: {
  store: Pick<SubmitStore, 'submit' | 'findByIdempotencyKey'>;
  jobs: JobSink;
  dispatcher: Dispatcher;
  findPipeline: FindPipeline;
  log: Logger;
}): (request: SubmitRequest) => Promise<SubmitOutcome> {
  const { store, jobs, dispatcher, log } = deps;

  const commit = createIsolatingBatcher<NewTask, { createdAt: Date } | undefined>(
    async (tasks) => {
      const made = new Map((await store.submit(tasks)).map((task) => [task.id, task]));
      announce(
        tasks
          .filter((task) => made.has(task.id))
          .map((task) => ({ ...task, direct: made.get(task.id)?.direct === true })),
      );
      return tasks.map((task) => made.get(task.id));
    },
    { maxSize: 64, maxParallel: 2, isSharedFailure: isConnectionFailure },
  );

  /** Adds the jobs of tasks that entered as queued; for the rest the dispatcher decides. Never fails a submission. */
  const announce = (tasks: readonly NewTask[]): void => {
    const byQueue = new Map<QueueName, Parameters<JobSink['add']>[1][number][]>();
    for (const task of tasks) {
      if (task.runAt !== null) continue;
      for (const step of task.steps) {
        if (step.depsLeft > 0) continue;
        const queue = step.queue as QueueName;
        if (!task.direct) {
          dispatcher.kick();
          continue;
        }
        const list = byQueue.get(queue) ?? [];
        list.push({
          job: { taskId: task.id, stepId: step.id, attempt: 1 },
          priority: dispatchPriority(task.priority, { begun: false, interrupted: false }),
        });
        byQueue.set(queue, list);
      }
    }
    for (const [queue, list] of byQueue) {
      jobs.add(queue, list).catch((error: unknown) => {
        log.warn({ err: error, queue, jobs: list.length }, 'queue.add_failed');
      });
    }
  };

  return async ({ tenantId, task, input, idempotency }) => {
    const pipeline = deps.findPipeline(task.type);
    if (!pipeline) throw new PipelineUnknownError(`no pipeline for task type ${task.type}`);
    const { quality, lane, approvals } = task;
    const timeoutMs = task.timeoutMs ?? pipeline.defaultTimeoutMs;
    const steps = planTask({ pipeline, input, quality, lane, approvals, timeoutMs, newId });
    const id = newId();
    const first = steps.find((step) => step.depsLeft === 0);
    const committed = await commit({
      id,
      tenantId,
      type: task.type,
      title: taskTitle(input) ?? null,
      pipelineVersion: pipeline.version,
      lane: task.lane,
      priority: task.priority,
      quality: task.quality,
      budgetNano: task.budgetUsd?.toString() ?? null,
      input,
      approvals: task.approvals,
      callbackUrl: task.callbackUrl ?? null,
      metadata: task.metadata,
      tags: task.tags,
      idempotencyKey: idempotency?.key ?? null,
      requestHash: idempotency?.bodyHash ?? null,
      timeoutMs,
      approvalTimeoutMs: task.approvalTimeoutMs,
      runAt: task.runAt ?? null,
      direct: first !== undefined && task.runAt === undefined && dispatcher.takeRoom(first.queue as QueueName),
      steps,
    });
    if (committed) {
      log.info({ taskId: id, tenantId, type: task.type, lane: task.lane }, 'task.accepted');
      return { outcome: 'accepted', task: { id, status: 'queued', generation: 1, createdAt: committed.createdAt } };
    }
    const existing = idempotency && (await store.findByIdempotencyKey(tenantId, idempotency.key));
    if (!existing) throw new Error('a submission without an idempotency key was not committed');
    return answerExisting(existing, idempotency.bodyHash);
  };
}

/** The stored answer of the first submission: what was true then, not what has become of the task since. */
export function answerExisting(existing: TaskByKey, bodyHash: string): SubmitOutcome {
  if (existing.requestHash !== bodyHash) return { outcome: 'conflict' };
  return {
    outcome: 'replayed',
    task: { id: existing.id, status: 'queued', generation: 1, createdAt: existing.createdAt },
  };
}
