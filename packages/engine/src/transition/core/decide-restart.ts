import { isTerminalTask, type Limitation, type TaskStatus, type Tier } from '@pressroom/contracts';
import type { Actor, Restart, RestartSnapshot, RestartStep, StepReset } from '@pressroom/db';

/** What a new generation is to begin with. */
export interface RestartRequest {
  cause: 'retry' | 'redrive';
  /** Key of the step to begin at; undefined runs whatever did not complete. */
  fromStep: string | undefined;
  /** New parameters of the step to begin at. */
  params: Readonly<Record<string, unknown>> | undefined;
  tier: Tier | undefined;
  /** Undefined: only when the step to begin at had completed, since its own answers would make it the same again. */
  resetCalls: boolean | undefined;
  /** The task's budget from now on; undefined leaves it. */
  budgetNanoUsd: bigint | undefined;
  /** The dead letter that asked for it. */
  letterId: string | undefined;
  /** The bulk operation that asked for it. */
  operationId: string | undefined;
  actor: Actor;
}

export type RestartDecision =
  | { outcome: 'restarted'; generation: number; restarted: string[]; removed: string[]; restart: Restart }
  | { outcome: 'not_finished'; status: TaskStatus }
  /** The budget asked for is not larger than the task's; null: the task has none, so that nothing limits it. */
  | { outcome: 'budget_not_larger'; budgetNanoUsd: bigint | null }
  | { outcome: 'nothing_to_do' | 'content_deleted' | 'unknown_step' };

/**
 * Decides how the next generation of a task begins. The step to begin at (without one: everything that did not complete)
 * runs again with all that depends on it; other finished work is kept. A task cannot end well around a step that died or
 * was cancelled, so those run again in any case; a step that was skipped stays skipped unless it is among the above.
 * Steps that a step added on completing leave the plan when that step runs again: it will add its own.
 */
export function decideRestart({ task, steps, letters }: RestartSnapshot, request: RestartRequest): RestartDecision {
  if (!isTerminalTask(task.status)) return { outcome: 'not_finished', status: task.status };
  if (task.contentDeleted) return { outcome: 'content_deleted' };
  const { budgetNanoUsd } = request;
  if (budgetNanoUsd !== undefined && (task.budgetNanoUsd === null || budgetNanoUsd <= task.budgetNanoUsd)) {
    return { outcome: 'budget_not_larger', budgetNanoUsd: task.budgetNanoUsd };
  }
  const begin = steps.find((step) => step.key === request.fromStep);
  if (request.fromStep !== undefined && !begin) return { outcome: 'unknown_step' };

  const redoAll = request.cause === 'redrive' || !begin;
  const seeds = steps.filter(
    (step) =>
      step === begin ||
      step.status === 'dead' ||
      step.status === 'cancelled' ||
      (redoAll && step.status !== 'completed'),
  );
  const again = withDependants(steps, seeds);
  const gone = spawnedBy(steps, again);
  const kept = steps.filter((step) => !gone.has(step.key));
  const resetSteps = kept.filter((step) => again.has(step.key));
  if (resetSteps.length === 0) return { outcome: 'nothing_to_do' };

  const without = (keys: readonly string[]): string[] => keys.filter((key) => !gone.has(key));
  const reset = resetSteps.map((step): StepReset => {
    const deps = without(step.deps);
    const depsLeft = deps.filter((key) => again.has(key)).length;
    const begins = step === begin;
    return {
      id: step.id,
      status: depsLeft === 0 ? 'ready' : 'pending',
      deps,
      next: without(step.next),
      depsLeft,
      ...(begins && request.params && { params: request.params }),
      ...(begins && request.tier && { tier: request.tier }),
      resetCalls: begin
        ? begins && (request.resetCalls ?? begin.status === 'completed')
        : (request.resetCalls ?? false),
    };
  });
  const resting = kept.filter((step) => !again.has(step.key));
  const restingKeys = new Set(resting.map((step) => step.key));
  const touched = new Set(steps.filter((step) => again.has(step.key) || gone.has(step.key)).map((step) => step.id));
  const answered = letters.filter(({ state, stepId }) => state === 'open' && stepId !== null && touched.has(stepId));
  const generation = task.generation + 1;
  const restarted = resetSteps.map((step) => step.key);
  const removed = [...gone];
  return {
    outcome: 'restarted',
    generation,
    restarted,
    removed,
    restart: {
      reset,
      relinked: resting
        .filter((step) => [...step.deps, ...step.next].some((key) => gone.has(key)))
        .map((step) => ({ id: step.id, deps: without(step.deps), next: without(step.next) })),
      removed: steps.filter((step) => gone.has(step.key)).map((step) => step.id),
      stepsTotal: kept.length,
      stepsBad: resting.filter((step) => step.status === 'skipped').length,
      limitations: task.limitations.filter((limitation) => stillHolds(limitation, restingKeys)),
      degraded: resting.some((step) => step.status === 'completed' && step.degraded),
      letterIds: answered.map((letter) => letter.id),
      operationId: request.operationId ?? null,
      budgetNano: budgetNanoUsd?.toString() ?? null,
      events: [
        {
          type: 'task.retried',
          data: { cause: request.cause, ...(begin && { fromStep: begin.key }), restarted, removed },
        },
        { type: 'task.queued', data: {} },
      ],
      actor: request.actor,
      audit: [
        {
          actor: request.actor,
          tenantId: task.tenantId,
          action: request.letterId === undefined ? 'task.retry' : 'dead_letter.redrive',
          target:
            request.letterId === undefined
              ? { kind: 'task', id: task.id }
              : { kind: 'dead_letter', id: request.letterId },
          data: {
            taskId: task.id,
            generation,
            restarted,
            removed,
            deadLetters: answered.map((letter) => letter.id),
            ...(begin && { fromStep: begin.key }),
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

/** Keys of the given steps and of everything that depends on them, however far down. */
function withDependants(steps: readonly RestartStep[], seeds: readonly RestartStep[]): Set<string> {
  const found = new Set(seeds.map((step) => step.key));
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const step of steps) if (step.deps.some((key) => found.has(key))) found.add(step.key);
  }
  return found;
}

/** Keys of the steps that were added by one of these, or by one that was so added. */
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

/** What concerns the task as a whole is found again when it ends; what a step reported holds as long as its result does. */
const stillHolds = (limitation: Limitation, resting: ReadonlySet<string>): boolean =>
  limitation.step !== undefined && resting.has(limitation.step);
