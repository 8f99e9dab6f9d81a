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
  /** `formerKey` is the form in which earlier releases stored the key; a task with it and the same body is a replay. */
  idempotency: { key: string; formerKey?: string; bodyHash: string } | undefined;
}

export type SubmitOutcome =
  | { outcome: 'accepted' | 'replayed'; task: { id: string; status: TaskStatus; generation: number; createdAt: Date } }
  | { outcome: 'conflict' };

/**
 * Accepts tasks: commits the task with its planned steps, many tasks per commit, before it resolves. Idempotent by key: a
 * request with a known key returns the existing task, or `conflict` when the body differs. Jobs are added to the queue store
 * afterwards, best effort; the periodic sweeps add missing ones.
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
      const inserted = new Map((await store.submit(tasks)).map((task) => [task.id, task]));
      enqueue(
        tasks
          .filter((task) => inserted.has(task.id))
          .map((task) => ({ ...task, enqueueImmediately: inserted.get(task.id)?.enqueueImmediately === true })),
      );
      return tasks.map((task) => inserted.get(task.id));
    },
    { maxSize: 64, maxParallel: 2, isSharedFailure: isConnectionFailure },
  );

  /** Adds jobs for first steps that were inserted as `queued`, and requests a dispatch for the others. Never throws. */
  const enqueue = (tasks: readonly NewTask[]): void => {
    const byQueue = new Map<QueueName, Parameters<JobSink['add']>[1][number][]>();
    for (const task of tasks) {
      if (task.runAt !== null) continue;
      for (const step of task.steps) {
        if (step.depsLeft > 0) continue;
        const queue = step.queue as QueueName;
        if (!task.enqueueImmediately) {
          dispatcher.requestDispatch();
          continue;
        }
        const list = byQueue.get(queue) ?? [];
        list.push({
          job: { taskId: task.id, stepId: step.id, attempt: 1 },
          priority: dispatchPriority(task.priority, { hasStarted: false, interrupted: false }),
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
      enqueueImmediately:
        first !== undefined && task.runAt === undefined && dispatcher.reserveDirectSlot(first.queue as QueueName),
      steps,
    });
    if (committed) {
      log.info({ taskId: id, tenantId, type: task.type, lane: task.lane }, 'task.accepted');
      return { outcome: 'accepted', task: { id, status: 'queued', generation: 1, createdAt: committed.createdAt } };
    }
    const existing = idempotency && (await store.findByIdempotencyKey(tenantId, idempotency.key));
    if (!existing) throw new Error('a submission without an idempotency key was not committed');
    return replayOrConflict(existing, idempotency.bodyHash);
  };
}

/** The response of the first submission, as it was then: the current state of the task does not change a replay. */
export function replayOrConflict(existing: TaskByKey, bodyHash: string): SubmitOutcome {
  if (existing.requestHash !== bodyHash) return { outcome: 'conflict' };
  return {
    outcome: 'replayed',
    task: { id: existing.id, status: 'queued', generation: 1, createdAt: existing.createdAt },
  };
}
