import { isTerminalStep, isTerminalTask, type TaskStatus } from '@pressroom/contracts';
import type { Actor, TaskSnapshot, TaskTransitionStore } from '@pressroom/db';
import type { Pipeline } from '@pressroom/pipelines';
import type { Logger, Random } from '@pressroom/runtime';
import type { FindPipeline } from '../ports.ts';
import { cancelOpenSteps, emptyChange, endAtDeadline, finishWithAvailableOutputs } from './core/decide-end.ts';
import { firstCause, toTaskError } from './core/first-cause.ts';
import { createSafePipelines } from './safe-pipeline.ts';
import { decideFailure, exhaust, type FailureDecision, type FailureReport } from './core/decide-failure.ts';

export type CancelOutcome =
  { outcome: 'cancelled' | 'already_finished'; status: TaskStatus } | { outcome: 'not_found' };

/** Rare changes of a task, each in its own transaction: lock and read the task, decide, write. */
export interface TaskTransitions {
  /** Cancels a task. Idempotent: returns the status of a finished task. Writes an audit row when `actor` is given. */
  cancel(taskId: string, tenantId: string | null, actor?: Actor): Promise<CancelOutcome>;
  /** Reports a failed attempt. Undefined when it is no longer the running attempt of its step. */
  fail(taskId: string, report: Omit<FailureReport, 'random'>): Promise<FailureDecision['outcome'] | undefined>;
  /**
   * Ends a step that must not be retried. No-op when it has ended already, or, with `onlyWaiting`, when it is not `ready` or
   * `queued`.
   */
  exhaustStep(
    taskId: string,
    stepId: string,
    error: { code: string; message: string },
    options?: { onlyWaiting?: boolean },
  ): Promise<void>;
  /** Ends a task at its deadline with the available outputs. No-op when it has ended or its deadline has moved. */
  endAtDeadline(taskId: string): Promise<void>;
  /** Ends a task whose steps have all ended. No-op when steps are open. */
  finish(taskId: string): Promise<void>;
}

export function createTaskTransitions(deps: {
  store: TaskTransitionStore;
  findPipeline: FindPipeline;
  random: Random;
  log: Logger;
}): TaskTransitions {
  const { store, log } = deps;
  const safely = createSafePipelines(deps);
  const pipelineOf = ({ task }: TaskSnapshot): Pipeline | undefined => safely(task);

  return {
    async cancel(taskId, tenantId, actor) {
      let before: TaskStatus = 'queued';
      const { found, change } = await store.change(taskId, tenantId, (snapshot) => {
        before = snapshot.task.status;
        if (isTerminalTask(before)) return undefined;
        const cancelled = emptyChange();
        cancelOpenSteps(snapshot, cancelled);
        cancelled.status = 'cancelled';
        cancelled.events.push({ type: 'task.cancelled', data: {} });
        if (actor) {
          const { tenantId: owner, generation } = snapshot.task;
          const target = { kind: 'task', id: taskId };
          cancelled.audit = [
            { actor, tenantId: owner, action: 'task.cancel', target, data: { generation, was: before } },
          ];
        }
        return cancelled;
      });
      if (!found) return { outcome: 'not_found' };
      if (!change) return { outcome: 'already_finished', status: before };
      log.info({ taskId }, 'task.cancelled');
      return { outcome: 'cancelled', status: 'cancelled' };
    },

    async fail(taskId, report) {
      const random = deps.random();
      const { change } = await store.change(taskId, null, (snapshot) =>
        decideFailure(snapshot, { ...report, random }, pipelineOf(snapshot)),
      );
      const facts = { taskId, stepId: report.stepId, attempt: report.attempt, code: report.failure.code };
      if (change) log.warn({ ...facts, outcome: change.outcome }, 'step.failed');
      else log.info(facts, 'step.failure_fenced');
      return change?.outcome;
    },

    async exhaustStep(taskId, stepId, error, { onlyWaiting = false } = {}) {
      const { change: exhausted } = await store.change(taskId, null, (snapshot) => {
        const step = snapshot.steps.find((candidate) => candidate.id === stepId);
        if (!step || isTerminalStep(step.status) || isTerminalTask(snapshot.task.status)) return undefined;
        if (onlyWaiting && step.status !== 'ready' && step.status !== 'queued') return undefined;
        const change: FailureDecision = { ...emptyChange(), outcome: 'skipped' };
        if (step.status === 'running') {
          change.attempts.push({
            stepId,
            attempt: step.attempt,
            sessionId: step.sessionId,
            outcome: 'failed',
            costNano: 0n,
            error,
          });
        }
        return exhaust(snapshot, step, { ...error, failures: step.failures }, change, pipelineOf(snapshot));
      });
      if (exhausted) log.warn({ taskId, stepId, code: error.code }, 'step.exhausted');
    },

    async endAtDeadline(taskId) {
      const { change } = await store.change(taskId, null, (snapshot) => {
        if (isTerminalTask(snapshot.task.status) || snapshot.task.leftMs > 0) return undefined;
        const ended = emptyChange();
        endAtDeadline(snapshot, ended, pipelineOf(snapshot));
        return ended;
      });
      if (change) log.warn({ taskId, status: change.status }, 'task.deadline_reached');
    },

    async finish(taskId) {
      const { change } = await store.change(taskId, null, (snapshot) => {
        if (isTerminalTask(snapshot.task.status) || !snapshot.steps.every((step) => isTerminalStep(step.status))) {
          return undefined;
        }
        const ended = emptyChange();
        if (snapshot.steps.every((step) => step.status === 'completed')) {
          ended.status = 'completed';
          ended.events.push({ type: 'task.completed', data: {} });
          return ended;
        }
        const cause = toTaskError(firstCause(snapshot.steps)) ?? {
          code: 'AGENT_BUG',
          message: 'the task has no usable output',
        };
        finishWithAvailableOutputs(snapshot, ended, pipelineOf(snapshot), cause, []);
        return ended;
      });
      if (change) log.info({ taskId, status: change.status }, 'task.finished');
    },
  };
}
