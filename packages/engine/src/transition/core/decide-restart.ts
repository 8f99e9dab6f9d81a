import { isTerminalTask, type Limitation, type TaskStatus, type Tier } from '@pressroom/contracts';
import type { Actor, Restart, RestartSnapshot, RestartStep, StepReset } from '@pressroom/db';

/** Parameters of a new generation. */
export interface RestartRequest {
  cause: 'retry' | 'redrive';
  /** Key of the step to start from; undefined reruns all incomplete steps. */
  fromStep: string | undefined;
  /** New parameters of that step. */
  params: Readonly<Record<string, unknown>> | undefined;
  tier: Tier | undefined;
  /** Whether steps ignore their journalled replies. By default only a completed start step does: replayed, it would not change. */
  resetCalls: boolean | undefined;
  /** New budget of the task; undefined keeps it. */
  budgetNanoUsd: bigint | undefined;
  /** The dead letter that is redriven. */
  deadLetterId: string | undefined;
  /** The bulk operation that this restart is part of. */
  operationId: string | undefined;
  actor: Actor;
}

export type RestartDecision =
  | { outcome: 'restarted'; generation: number; restarted: string[]; removed: string[]; restart: Restart }
  | { outcome: 'not_finished'; status: TaskStatus }
  /** The requested budget is not larger than the task's; null when the task has no budget. */
  | { outcome: 'budget_not_larger'; budgetNanoUsd: bigint | null }
  | { outcome: 'nothing_to_do' | 'content_deleted' | 'unknown_step' };

/**
 * Decides how the next generation of a task starts. Reruns the start step (without one: all incomplete steps) with all steps
 * that depend on it, and keeps other completed steps. Dead and cancelled steps always rerun, since the task cannot complete
 * without them; other skipped steps stay skipped. Steps that a rerun step had added leave the plan: it adds its own. Pure.
 */
export function decideRestart({ task, steps, deadLetters }: RestartSnapshot, request: RestartRequest): RestartDecision {
  if (!isTerminalTask(task.status)) return { outcome: 'not_finished', status: task.status };
  if (task.contentDeleted) return { outcome: 'content_deleted' };
  const { budgetNanoUsd } = request;
  if (budgetNanoUsd !== undefined && (task.budgetNanoUsd === null || budgetNanoUsd <= task.budgetNanoUsd)) {
    return { outcome: 'budget_not_larger', budgetNanoUsd: task.budgetNanoUsd };
  }
  const startStep = steps.find((step) => step.key === request.fromStep);
  if (request.fromStep !== undefined && !startStep) return { outcome: 'unknown_step' };

  const redoAll = request.cause === 'redrive' || !startStep;
  const seeds = steps.filter(
    (step) =>
      step === startStep ||
      step.status === 'dead' ||
      step.status === 'cancelled' ||
      (redoAll && step.status !== 'completed'),
  );
  const rerunKeys = withDependants(steps, seeds);
  const removedKeys = spawnedBy(steps, rerunKeys);
  const remaining = steps.filter((step) => !removedKeys.has(step.key));
  const resetSteps = remaining.filter((step) => rerunKeys.has(step.key));
  if (resetSteps.length === 0) return { outcome: 'nothing_to_do' };

  const without = (keys: readonly string[]): string[] => keys.filter((key) => !removedKeys.has(key));
  const reset = resetSteps.map((step): StepReset => {
    const deps = without(step.deps);
    const depsLeft = deps.filter((key) => rerunKeys.has(key)).length;
    const isStart = step === startStep;
    return {
      id: step.id,
      status: depsLeft === 0 ? 'ready' : 'pending',
      deps,
      next: without(step.next),
      depsLeft,
      ...(isStart && request.params && { params: request.params }),
      ...(isStart && request.tier && { tier: request.tier }),
      resetCalls: startStep
        ? isStart && (request.resetCalls ?? startStep.status === 'completed')
        : (request.resetCalls ?? false),
    };
  });
  const unchanged = remaining.filter((step) => !rerunKeys.has(step.key));
  const unchangedKeys = new Set(unchanged.map((step) => step.key));
  const affected = new Set(
    steps.filter((step) => rerunKeys.has(step.key) || removedKeys.has(step.key)).map((step) => step.id),
  );
  const closedDeadLetters = deadLetters.filter(
    ({ state, stepId }) => state === 'open' && stepId !== null && affected.has(stepId),
  );
  const generation = task.generation + 1;
  const restarted = resetSteps.map((step) => step.key);
  const removed = [...removedKeys];
  return {
    outcome: 'restarted',
    generation,
    restarted,
    removed,
    restart: {
      reset,
      relinked: unchanged
        .filter((step) => [...step.deps, ...step.next].some((key) => removedKeys.has(key)))
        .map((step) => ({ id: step.id, deps: without(step.deps), next: without(step.next) })),
      removed: steps.filter((step) => removedKeys.has(step.key)).map((step) => step.id),
      stepsTotal: remaining.length,
      stepsBad: unchanged.filter((step) => step.status === 'skipped').length,
      limitations: task.limitations.filter((limitation) => stillHolds(limitation, unchangedKeys)),
      degraded: unchanged.some((step) => step.status === 'completed' && step.degraded),
      deadLetterIds: closedDeadLetters.map((deadLetter) => deadLetter.id),
      operationId: request.operationId ?? null,
      budgetNano: budgetNanoUsd?.toString() ?? null,
      events: [
        {
          type: 'task.retried',
          data: { cause: request.cause, ...(startStep && { fromStep: startStep.key }), restarted, removed },
        },
        { type: 'task.queued', data: {} },
      ],
      actor: request.actor,
      audit: [
        {
          actor: request.actor,
          tenantId: task.tenantId,
          action: request.deadLetterId === undefined ? 'task.retry' : 'dead_letter.redrive',
          target:
            request.deadLetterId === undefined
              ? { kind: 'task', id: task.id }
              : { kind: 'dead_letter', id: request.deadLetterId },
          data: {
            taskId: task.id,
            generation,
            restarted,
            removed,
            deadLetters: closedDeadLetters.map((deadLetter) => deadLetter.id),
            ...(startStep && { fromStep: startStep.key }),
            ...(request.params && { patched: true }),
            ...(request.tier && { tier: request.tier }),
            ...(request.resetCalls !== undefined && { resetCalls: request.resetCalls }),
            ...(budgetNanoUsd !== undefined && { budgetNanoUsd: budgetNanoUsd.toString() }),
            ...(request.operationId !== undefined && { operationId: request.operationId }),
          },
        },
      ],
    },
  };
}

/** Keys of the given steps and of all their transitive dependants. */
function withDependants(steps: readonly RestartStep[], seeds: readonly RestartStep[]): Set<string> {
  const found = new Set(seeds.map((step) => step.key));
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const step of steps) if (step.deps.some((key) => found.has(key))) found.add(step.key);
  }
  return found;
}

/** Keys of the steps that these steps added, directly or transitively. */
function spawnedBy(steps: readonly RestartStep[], spawners: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const step of steps) {
      if (step.spawnedBy !== null && (spawners.has(step.spawnedBy) || found.has(step.spawnedBy))) found.add(step.key);
    }
  }
  return found;
}

/** A step's limitation holds while its result does; those of the whole task are determined again when it ends. */
const stillHolds = (limitation: Limitation, unchangedKeys: ReadonlySet<string>): boolean =>
  limitation.step !== undefined && unchangedKeys.has(limitation.step);
