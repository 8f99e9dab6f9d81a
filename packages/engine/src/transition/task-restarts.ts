import type { DeadLetterState, TaskStatus, Tier } from '@pressroom/contracts';
import type { Actor, BatchClaim, BatchResult, CountedBatch, RestartSnapshot, TaskRestartStore } from '@pressroom/db';
import type { Logger } from '@pressroom/runtime';

import type { FindPipeline } from '../ports.ts';
import { decideRestart, type RestartDecision, type RestartRequest } from './core/decide-restart.ts';
import { patchStepInput } from './core/patch-step-input.ts';

/** A task whose next generation has started, or why it has not. */
export type RestartOutcome =
  | {
      outcome: 'restarted';
      taskId: string;
      generation: number;
      restarted: string[];
      removed: string[];
      deadLetterIds: string[];
    }
  | { outcome: 'not_found' }
  | { outcome: 'not_finished'; status: TaskStatus }
  | { outcome: 'budget_not_larger'; budgetNanoUsd: bigint | null }
  | { outcome: 'nothing_to_do' | 'content_deleted' | 'unknown_step' };

export type RedriveOutcome =
  | RestartOutcome
  /** Another request has closed the dead letter already. */
  | { outcome: 'already_ended'; state: DeadLetterState; operationId: string | null }
  /** It belongs to no step: it records an unreadable queue job. */
  | { outcome: 'no_step' }
  | { outcome: 'invalid_patch'; issues: readonly { path: readonly PropertyKey[]; message: string }[] };

export interface RetryRequest {
  fromStep?: string | undefined;
  tier?: Tier | undefined;
  resetCalls?: boolean | undefined;
  /** The task's new budget in nano-dollars; must be larger than the current one. */
  budgetUsd?: bigint | undefined;
}

export interface RedriveRequest {
  /** JSON merge patch of the step's payload, see `stepPayload`. */
  patch?: Readonly<Record<string, unknown>> | undefined;
  tier?: Tier | undefined;
  resetCalls?: boolean | undefined;
  /** As in {@link RetryRequest}. */
  budgetUsd?: bigint | undefined;
  operationId?: string | undefined;
}

type Restarted = Extract<RestartDecision, { outcome: 'restarted' }>;
type RedriveDecision = RestartDecision | Exclude<RedriveOutcome, { outcome: 'restarted' }>;

/**
 * Starts the next generation of finished tasks. Their steps become `ready`, never `queued`, and are ordered as if submitted now,
 * so that restarted tasks do not overtake waiting ones. A `tenantId` of null means any tenant.
 */
export interface TaskRestarts {
  retry(taskId: string, tenantId: string | null, request: RetryRequest, actor: Actor): Promise<RestartOutcome>;
  /** Retries many tasks in one transaction and counts them for the operation. Undefined when the batch claim fails. */
  retryBatch(
    taskIds: readonly string[],
    tenantId: string | null,
    actor: Actor,
    operationId: string,
    batch: BatchClaim,
  ): Promise<CountedBatch | undefined>;
  /** Reruns the step of a dead letter and all other incomplete steps of its task, and closes their dead letters. */
  redrive(
    deadLetterId: string,
    tenantId: string | null,
    request: RedriveRequest,
    actor: Actor,
  ): Promise<RedriveOutcome>;
}

export function createTaskRestarts(deps: {
  store: TaskRestartStore;
  findPipeline: FindPipeline;
  /** Called after steps have become `ready`. */
  requestDispatch: () => void;
  log: Logger;
}): TaskRestarts {
  const { store, log } = deps;

  const reportRestart = (taskId: string, decision: Restarted): RestartOutcome => {
    const { generation, restarted, removed, restart } = decision;
    log.info({ taskId, generation, steps: restarted.length, removed: removed.length }, 'task.restarted');
    deps.requestDispatch();
    return { outcome: 'restarted', taskId, generation, restarted, removed, deadLetterIds: [...restart.deadLetterIds] };
  };

  const redriveStep = (
    snapshot: RestartSnapshot,
    deadLetterId: string,
    request: RedriveRequest,
    actor: Actor,
  ): RedriveDecision => {
    const deadLetter = snapshot.deadLetters.find(({ id }) => id === deadLetterId);
    if (!deadLetter) return { outcome: 'not_found' };
    if (deadLetter.state !== 'open') {
      return { outcome: 'already_ended', state: deadLetter.state, operationId: deadLetter.operationId };
    }
    const step = snapshot.steps.find(({ id }) => id === deadLetter.stepId);
    if (!step) return { outcome: 'unknown_step' };
    const base: RestartRequest = {
      cause: 'redrive',
      fromStep: step.key,
      params: undefined,
      tier: request.tier,
      resetCalls: request.resetCalls,
      budgetNanoUsd: request.budgetUsd,
      deadLetterId,
      operationId: request.operationId,
      actor,
    };
    if (!request.patch || snapshot.task.contentDeleted) return decideRestart(snapshot, base);
    const patched = patchStepInput(step.params, snapshot.task.input, request.patch);
    if (patched.outcome === 'unknown_fields') {
      const message = `is not a known field; the step has ${patched.known.join(', ')}`;
      return { outcome: 'invalid_patch', issues: patched.fields.map((field) => ({ path: [field], message })) };
    }
    if (patched.outcome === 'not_an_object') {
      return { outcome: 'invalid_patch', issues: [{ path: ['input'], message: 'must be an object after the patch' }] };
    }
    if (patched.inputChanged) {
      const pipeline = deps.findPipeline(snapshot.task.type, snapshot.task.pipelineVersion);
      const checked = pipeline?.inputSchema.safeParse(patched.input);
      if (checked?.success === false) {
        const issues = checked.error.issues.map(({ path, message }) => ({ path: ['input', ...path], message }));
        return { outcome: 'invalid_patch', issues };
      }
    }
    return decideRestart(snapshot, { ...base, params: patched.params });
  };

  return {
    async retry(taskId, tenantId, { fromStep, tier, resetCalls, budgetUsd }, actor) {
      const decision = await store.restart(taskId, tenantId, { withInput: false }, (snapshot) =>
        decideRestart(snapshot, {
          cause: 'retry',
          fromStep,
          params: undefined,
          tier,
          resetCalls,
          budgetNanoUsd: budgetUsd,
          deadLetterId: undefined,
          operationId: undefined,
          actor,
        }),
      );
      if (!decision) return { outcome: 'not_found' };
      return decision.outcome === 'restarted' ? reportRestart(taskId, decision) : decision;
    },

    async retryBatch(taskIds, tenantId, actor, operationId, batch) {
      const request = { cause: 'retry', operationId, actor } as const;
      const rest = {
        fromStep: undefined,
        params: undefined,
        tier: undefined,
        resetCalls: undefined,
        budgetNanoUsd: undefined,
        deadLetterId: undefined,
      };
      const result = await store.restartMany(
        taskIds,
        tenantId,
        batch,
        (snapshot) => decideRestart(snapshot, { ...request, ...rest }),
        countRestarts,
      );
      if (result && result.done > 0) deps.requestDispatch();
      return result;
    },

    async redrive(deadLetterId, tenantId, request, actor) {
      const deadLetter = await store.findDeadLetter(deadLetterId, tenantId);
      if (!deadLetter) return { outcome: 'not_found' };
      if (deadLetter.taskId === null) {
        return deadLetter.state === 'open'
          ? { outcome: 'no_step' }
          : { outcome: 'already_ended', state: deadLetter.state, operationId: null };
      }
      const { taskId } = deadLetter;
      const decision = await store.restart(taskId, tenantId, { withInput: request.patch !== undefined }, (snapshot) =>
        redriveStep(snapshot, deadLetterId, request, actor),
      );
      if (!decision) return { outcome: 'not_found' };
      return decision.outcome === 'restarted' ? reportRestart(taskId, decision) : decision;
    },
  };
}

/** Counts a batch. Tasks that were removed or restarted in the meantime count as failed, without a retry. */
function countRestarts(decisions: readonly RestartDecision[]): Omit<BatchResult, 'locked'> {
  const refused = decisions.filter(({ outcome }) => outcome !== 'restarted');
  const why = {
    not_finished: 'the task is already running',
    nothing_to_do: 'every step of the task completed or was skipped',
    content_deleted: 'the content of the task was deleted',
    unknown_step: 'its step no longer exists',
    budget_not_larger: 'the budget of the task is larger already',
    restarted: '',
  } as const;
  const last = refused.at(-1);
  return {
    done: decisions.length - refused.length,
    failed: refused.length,
    lastError: last && { code: 'CONFLICT', message: why[last.outcome] },
  };
}
