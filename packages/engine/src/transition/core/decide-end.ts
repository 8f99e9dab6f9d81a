import { isTerminalStep, type Limitation, type StepStatus } from '@pressroom/contracts';
import type { LockedStep, StepChange, TaskChange, TaskSnapshot } from '@pressroom/db';
import type { Pipeline } from '@pressroom/pipelines';

/** A change without anything in it, to build upon. */
export const emptyChange = (): TaskChange => ({ steps: [], events: [], attempts: [], deadLetters: [] });

/** Status of every step once `changes` are applied. */
export function statusesAfter(steps: readonly LockedStep[], changes: readonly StepChange[]): Map<string, StepStatus> {
  const statuses = new Map<string, StepStatus>(steps.map((step) => [step.id, step.status]));
  for (const change of changes) statuses.set(change.id, change.status);
  return statuses;
}

/** Cancels whatever has not ended; attempts that run are recorded and their workers notice at the next heartbeat. */
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
 * Ends a generation in which not everything went well: `partial` when what is there makes a usable document, `failed`
 * otherwise. Adds to `change`; open steps are cancelled.
 */
export function finishWithAvailableOutputs(
  snapshot: TaskSnapshot,
  change: TaskChange,
  pipeline: Pipeline | undefined,
  cause: { code: string; message: string },
  because: Limitation[],
): void {
  keepWhatAwaitsApproval(snapshot, change);
  cancelOpenSteps(snapshot, change);
  const assembled =
    pipeline && snapshot.task.input !== null ? pipeline.assemble(snapshot.task.input, snapshot.outputs) : undefined;
  const usable = assembled?.document !== undefined;
  change.status = usable ? 'partial' : 'failed';
  const known = new Set(snapshot.task.limitations.map((limitation) => JSON.stringify(limitation)));
  change.limitations = [...because, ...(usable ? assembled.limitations : [])].filter(
    (limitation) => !known.has(JSON.stringify(limitation)),
  );
  if (!usable) change.error = cause;
  change.events.push({ type: `task.${change.status}`, data: usable ? {} : { error: cause } });
}

/**
 * An output that nobody approved is still what is there, unless more was to follow from it: then the step counts as not
 * done, so that a retry makes it and what follows.
 */
function keepWhatAwaitsApproval(snapshot: TaskSnapshot, change: TaskChange): void {
  const statuses = statusesAfter(snapshot.steps, change.steps);
  for (const step of snapshot.steps) {
    if (statuses.get(step.id) === 'waiting' && step.next.length === 0)
      change.steps.push({ id: step.id, status: 'completed' });
  }
}

/** Ends a task whose time is over. */
export function endAtDeadline(snapshot: TaskSnapshot, change: TaskChange, pipeline: Pipeline | undefined): void {
  const { awaitingGate } = snapshot.task;
  if (awaitingGate !== null) {
    const expired = { code: 'APPROVAL_EXPIRED', message: `nobody decided at the gate "${awaitingGate}" in time` };
    finishWithAvailableOutputs(snapshot, change, pipeline, expired, [
      { code: 'APPROVAL_EXPIRED', message: expired.message },
    ]);
    return;
  }
  const cause = { code: 'TASK_DEADLINE_EXCEEDED', message: 'the deadline passed before anything usable was made' };
  finishWithAvailableOutputs(snapshot, change, pipeline, cause, [
    { code: 'DEADLINE_REACHED', message: 'the deadline passed before every step was done' },
  ]);
}
