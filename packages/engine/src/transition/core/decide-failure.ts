import { isTerminalStep, isTerminalTask, type Limitation } from '@pressroom/contracts';
import type { LockedStep, TaskChange, TaskSnapshot } from '@pressroom/db';
import type { Pipeline } from '@pressroom/pipelines';
import { calculateBackoffMs } from '@pressroom/runtime';
import type { StepFailure } from '../../attempt/core/step-failure.ts';
import { emptyChange, endAtDeadline, finishWithAvailableOutputs, statusesAfter } from './decide-end.ts';
import { excerpt } from './excerpt.ts';
import { fingerprintOf, scrubMessage } from './fingerprint.ts';
import { causeOf, firstCause, toTaskError, type Cause } from './first-cause.ts';
import { INPUT_OVERRIDE } from './patch-step-input.ts';

/** Tolerance between the worker's timer and the database's clock for the same deadline. */
const DEADLINE_SLACK_MS = 50;

/** Crashes of its child process after which a suspect step becomes a dead letter. */
export const MAX_SUSPECT_DEATHS = 3;
/**
 * How long a step that no live worker can run waits for one that can, from its first refusal on; longer than a rolling upgrade
 * takes to start a new worker.
 */
export const REFUSAL_WAIT_MS = 600_000;
const REFUSAL_DELAY = { minMs: 500, maxMs: 15_000 };

export interface FailureReport {
  stepId: string;
  /** Fencing token: the failed attempt, and the session that ran it. */
  attempt: number;
  sessionId: string;
  failure: StepFailure;
  costNano: bigint;
  /** A number in [0, 1) for the backoff's jitter. */
  random: number;
}

export type FailureDecision = TaskChange & {
  outcome: 'retry' | 'handed_back' | 'skipped' | 'task_ended';
};

/**
 * Decides the outcome of a failed attempt: a retry after a backoff, or, for an exhausted step, a dead letter and the action that
 * its pipeline defines (`onExhausted`). Undefined when it is not the running attempt: a late report changes nothing. Pure.
 */
export function decideFailure(
  snapshot: TaskSnapshot,
  report: FailureReport,
  pipeline: Pipeline | undefined,
): FailureDecision | undefined {
  const step = snapshot.steps.find((candidate) => candidate.id === report.stepId);
  if (!step || isTerminalTask(snapshot.task.status)) return undefined;
  if (step.status !== 'running' || step.attempt !== report.attempt || step.sessionId !== report.sessionId)
    return undefined;

  const { failure } = report;
  const error = { code: failure.code, message: failure.message };
  const change: FailureDecision = { ...emptyChange(), outcome: 'retry', costNano: report.costNano };
  change.attempts.push({
    stepId: step.id,
    attempt: step.attempt,
    sessionId: step.sessionId,
    outcome: failure.outcome === 'failed' || failure.outcome === 'crashed' ? 'failed' : 'handed_back',
    costNano: report.costNano,
    error,
  });

  const failures = step.failures + (failure.counts ? 1 : 0);
  if (snapshot.task.leftMs <= DEADLINE_SLACK_MS) {
    // The task's deadline has passed, so the failure does not count against the step.
    change.steps.push({ id: step.id, status: 'cancelled', failures, error });
    endAtDeadline(snapshot, change, pipeline);
    change.outcome = 'task_ended';
    return change;
  }
  if (failure.outcome === 'refused') return decideRefusal(snapshot, step, report, change, pipeline);
  if (failure.outcome === 'crashed') return decideCrash(snapshot, step, report, change, pipeline);
  const loss = failure.isLoss === true && { losses: step.losses + 1 };
  const delayMs =
    failure.outcome === 'handed_back'
      ? failure.retryAfterMs
      : calculateBackoffMs(
          Math.max(1, failures),
          { baseMs: step.backoffBaseMs, capMs: step.backoffCapMs },
          report.random,
          failure.retryAfterMs,
        );
  const inTime = (step.totalLeftMs ?? Infinity) > delayMs && snapshot.task.leftMs > delayMs;
  if (failure.outcome === 'handed_back' || (failure.retryable && failures < step.maxFailures && inTime)) {
    change.outcome = failure.outcome === 'handed_back' ? 'handed_back' : 'retry';
    change.steps.push({ id: step.id, status: 'ready', failures, ...loss, delayMs, error });
    change.events.push({
      type: change.outcome === 'retry' ? 'step.retrying' : 'step.handed_back',
      data: { step: step.key, attempt: step.attempt, ...(change.outcome === 'retry' && { error, delayMs }) },
    });
    return change;
  }
  return exhaust(snapshot, step, { ...failure, failures }, change, pipeline);
}

/** Waits for a worker that can run the step; a dead letter after REFUSAL_WAIT_MS if every live worker has refused it. */
function decideRefusal(
  snapshot: TaskSnapshot,
  step: LockedStep,
  report: FailureReport,
  change: FailureDecision,
  pipeline: Pipeline | undefined,
): FailureDecision {
  const { failure, sessionId } = report;
  const { by, sinceMs, others } = step.refusals ?? { by: [], sinceMs: 0, others: [sessionId] };
  const hasRefused = new Set([...by, sessionId]);
  if (sinceMs >= REFUSAL_WAIT_MS && others.every((other) => hasRefused.has(other))) {
    const message = `${failure.message}; every live worker of ${step.queue} has refused the step for ${REFUSAL_WAIT_MS / 60_000} minutes: deploy a worker that knows it, then redrive`;
    return exhaust(snapshot, step, { ...failure, message, failures: step.failures }, change, pipeline);
  }
  const delayMs = Math.round(
    Math.min(REFUSAL_DELAY.maxMs, Math.max(REFUSAL_DELAY.minMs, sinceMs / 2)) * (0.5 + report.random),
  );
  const error = { code: failure.code, message: failure.message };
  change.outcome = 'handed_back';
  change.steps.push({ id: step.id, status: 'ready', delayMs, error, refusedBy: sessionId });
  change.events.push({ type: 'step.handed_back', data: { step: step.key, attempt: step.attempt } });
  return change;
}

/** Handles a crash of a suspect's child process, which ran only this step. */
function decideCrash(
  snapshot: TaskSnapshot,
  step: LockedStep,
  report: FailureReport,
  change: FailureDecision,
  pipeline: Pipeline | undefined,
): FailureDecision {
  const { failure } = report;
  const suspectDeaths = step.suspectDeaths + 1;
  if (suspectDeaths >= MAX_SUSPECT_DEATHS) {
    const message = `the child process of this step crashed ${suspectDeaths} times; last cause: ${failure.message}`;
    exhaust(snapshot, step, { ...failure, message, failures: step.failures }, change, pipeline);
    for (const changed of change.steps) if (changed.id === step.id) changed.suspectDeaths = suspectDeaths;
    return change;
  }
  const error = { code: failure.code, message: failure.message };
  const backoff = { baseMs: step.backoffBaseMs, capMs: step.backoffCapMs };
  const delayMs = calculateBackoffMs(suspectDeaths, backoff, report.random, 0);
  change.steps.push({ id: step.id, status: 'ready', suspectDeaths, delayMs, error });
  change.events.push({ type: 'step.retrying', data: { step: step.key, attempt: step.attempt, error, delayMs } });
  return change;
}

/** Why a step is not retried, and how often it has failed. */
export interface FinalFailure {
  code: string;
  message: string;
  failures: number;
  errorClass?: string;
  topFrame?: string;
}

/** Ends a step for good: adds its dead letter, then skips it or fails the task as its pipeline defines. */
export function exhaust(
  snapshot: TaskSnapshot,
  step: LockedStep,
  failure: FinalFailure,
  change: FailureDecision,
  pipeline: Pipeline | undefined,
): FailureDecision {
  const cause = causeOf(step, failure, snapshot.steps);
  const error = { code: failure.code, message: describeFailure(failure, cause) };
  change.deadLetters.push({
    stepId: step.id,
    stepKey: step.key,
    agent: step.agent,
    errorCode: cause?.code ?? failure.code,
    errorClass: failure.errorClass ?? null,
    topFrame: failure.topFrame ?? null,
    message: scrubMessage(error.message),
    fingerprint: fingerprintOf(failure),
    causeKey: cause?.stepKey ?? null,
    attempts: step.attempt,
    payload: { ...step.params, input: excerpt(step.params[INPUT_OVERRIDE] ?? snapshot.task.input) },
  });
  const limitation: Limitation = {
    code: failure.code === 'BUDGET_EXHAUSTED' ? 'BUDGET_EXHAUSTED' : 'STEP_FAILED',
    step: step.key,
    message: `${step.key} could not be completed: ${error.message}`,
  };
  if (step.onExhausted === 'fail') {
    change.steps.push({ id: step.id, status: 'dead', failures: failure.failures, error });
    change.events.push({ type: 'step.dead', data: { step: step.key, error } });
    finishWithAvailableOutputs(snapshot, change, pipeline, toTaskError(cause) ?? error, [limitation]);
    change.outcome = 'task_ended';
    return change;
  }
  change.outcome = 'skipped';
  change.steps.push({ id: step.id, status: 'skipped', failures: failure.failures, error });
  change.events.push({ type: 'step.skipped', data: { step: step.key, error } });
  change.limitations = [limitation];
  for (const successor of snapshot.steps) {
    if (successor.status !== 'pending' || !step.next.includes(successor.key)) continue;
    const depsLeft = successor.depsLeft - 1;
    change.steps.push({ id: successor.id, status: depsLeft === 0 ? 'ready' : 'pending', depsLeft });
  }
  const allEnded = [...statusesAfter(snapshot.steps, change.steps).values()].every(isTerminalStep);
  if (!allEnded) return change;
  finishWithAvailableOutputs(snapshot, change, pipeline, toTaskError(firstCause(snapshot.steps)) ?? error, [
    limitation,
  ]);
  change.outcome = 'task_ended';
  return change;
}

/** Appends the cause when the failure is a consequence of another step's. */
const describeFailure = ({ message }: FinalFailure, cause: Cause | undefined): string =>
  cause === undefined ? message : `${message}; caused by ${cause.stepKey}: ${cause.code}: ${cause.message}`;
