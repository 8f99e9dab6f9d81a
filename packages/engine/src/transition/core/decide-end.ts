import { isTerminalStep, type Limitation, type StepStatus } from '@pressroom/contracts';
import type { LockedStep, StepChange, TaskChange, TaskSnapshot } from '@pressroom/db';
import type { Pipeline } from '@pressroom/pipelines';

/** An empty change, to be filled. */
export const emptyChange = (): TaskChange => ({ steps: [], events: [], attempts: [], deadLetters: [] });

/** Status of every step once `changes` are applied. */
export function statusesAfter(steps: readonly LockedStep[], changes: readonly StepChange[]): Map<string, StepStatus> {
  const statuses = new Map<string, StepStatus>(steps.map((step) => [step.id, step.status]));
  for (const change of changes) statuses.set(change.id, change.status);
  return statuses;
}

/** Cancels all open steps and records their running attempts; the workers abort these at the next heartbeat. */
export function cancelOpenSteps(snapshot: TaskSnapshot, change: TaskChange): void {
  const statuses = statusesAfter(snapshot.steps, change.steps);
  for (const step of snapshot.steps) {
    const status = statuses.get(step.id) ?? step.status;
    if (isTerminalStep(status)) continue;
    change.steps.push({ id: step.id, status: 'cancelled' });
    if (status !== 'running') continue;
    change.attempts.push({
      stepId: step.id,
      attempt: step.attempt,
      sessionId: step.sessionId,
      outcome: 'cancelled',
      costNano: 0n,
    });
  }
}

/**
 * Ends a generation in which not every step completed: `partial` when the available outputs make a usable document, `failed`
 * otherwise. Adds to `change` and cancels open steps.
 */
export function finishWithAvailableOutputs(
  snapshot: TaskSnapshot,
  change: TaskChange,
  pipeline: Pipeline | undefined,
  cause: { code: string; message: string },
  limitations: Limitation[],
): void {
  completeUnapprovedSteps(snapshot, change);
  cancelOpenSteps(snapshot, change);
  const assembled =
    pipeline && snapshot.task.input !== null ? pipeline.assemble(snapshot.task.input, snapshot.outputs) : undefined;
  const usable = assembled?.document !== undefined;
  change.status = usable ? 'partial' : 'failed';
  const known = new Set(snapshot.task.limitations.map((limitation) => JSON.stringify(limitation)));
  change.limitations = [...limitations, ...(usable ? assembled.limitations : [])].filter(
    (limitation) => !known.has(JSON.stringify(limitation)),
  );
  if (!usable) change.error = cause;
  change.events.push({ type: `task.${change.status}`, data: usable ? {} : { error: cause } });
}

/**
 * Completes steps that wait for an approval and have no successors, so that their outputs are used. A step with successors
 * stays incomplete, so that a retry runs it and them again.
 */
function completeUnapprovedSteps(snapshot: TaskSnapshot, change: TaskChange): void {
  const statuses = statusesAfter(snapshot.steps, change.steps);
  for (const step of snapshot.steps) {
    if (statuses.get(step.id) === 'waiting' && step.next.length === 0)
      change.steps.push({ id: step.id, status: 'completed' });
  }
}

/** Ends a task at its deadline, or at the end of its wait for an approval. */
export function endAtDeadline(snapshot: TaskSnapshot, change: TaskChange, pipeline: Pipeline | undefined): void {
  const { awaitingGate } = snapshot.task;
  if (awaitingGate !== null) {
    const expired = {
      code: 'APPROVAL_EXPIRED',
      message: `no decision was made at the gate "${awaitingGate}" before its time-out`,
    };
    finishWithAvailableOutputs(snapshot, change, pipeline, expired, [
      { code: 'APPROVAL_EXPIRED', message: expired.message },
    ]);
    return;
  }
  const cause = { code: 'TASK_DEADLINE_EXCEEDED', message: 'the deadline passed before there was a usable output' };
  finishWithAvailableOutputs(snapshot, change, pipeline, cause, [
    { code: 'DEADLINE_REACHED', message: 'the deadline passed before every step completed' },
  ]);
}
