import { isTerminalTask, type Gate, type TaskStatus } from '@pressroom/contracts';
import type { Actor, TaskSnapshot, TaskTransitionStore } from '@pressroom/db';
import { newId, type Logger } from '@pressroom/runtime';
import type { Dispatcher } from '../dispatch/dispatcher.ts';
import type { FindPipeline } from '../ports.ts';
import { createSafePipelines } from '../transition/safe-pipeline.ts';
import {
  decideApproval,
  decideRejection,
  type ApprovalDecision,
  type ApprovalRefusal,
} from './core/decide-approval.ts';

export type ApprovalOutcome =
  | { outcome: 'decided'; status: TaskStatus; version: number | undefined; rejections: number }
  | { outcome: 'finished'; status: TaskStatus }
  | { outcome: 'not_found' }
  | ApprovalRefusal;

/** Decisions of people at the gates of a task. Idempotent: a second decision at the same gate is refused. */
export interface Approvals {
  /** Approves the output, with `edits` (a JSON merge patch) applied to it, and continues the task. */
  approve(
    taskId: string,
    tenantId: string | null,
    decision: { gate: Gate; edits: Readonly<Record<string, unknown>> | undefined; actor: Actor },
  ): Promise<ApprovalOutcome>;
  /** Reruns the step with the reason, or ends the task after `MAX_REJECTIONS` rejections. */
  reject(
    taskId: string,
    tenantId: string | null,
    decision: { gate: Gate; reason: string; actor: Actor },
  ): Promise<ApprovalOutcome>;
}

export function createApprovals(deps: {
  store: TaskTransitionStore;
  findPipeline: FindPipeline;
  dispatcher: Pick<Dispatcher, 'requestDispatch'>;
  log: Logger;
}): Approvals {
  const { store, log } = deps;
  const pipelineOf = createSafePipelines(deps);

  const decide = async (
    taskId: string,
    tenantId: string | null,
    gate: Gate,
    decideGate: (snapshot: TaskSnapshot) => ApprovalDecision,
  ): Promise<ApprovalOutcome> => {
    let decision: ApprovalDecision | undefined;
    let before: TaskStatus = 'queued';
    const { found } = await store.change(taskId, tenantId, (snapshot) => {
      before = snapshot.task.status;
      decision = isTerminalTask(before) ? undefined : decideGate(snapshot);
      return decision && 'change' in decision ? decision.change : undefined;
    });
    if (!found) return { outcome: 'not_found' };
    if (!decision) return { outcome: 'finished', status: before };
    if (!('change' in decision)) return decision;
    const status = decision.change.status ?? before;
    log.info({ taskId, gate, outcome: decision.outcome, status }, 'task.gate_decided');
    deps.dispatcher.requestDispatch();
    const version = decision.outcome === 'approved' ? decision.version : undefined;
    return { outcome: 'decided', status, version, rejections: decision.rejections };
  };

  return {
    approve: (taskId, tenantId, approval) =>
      decide(taskId, tenantId, approval.gate, (snapshot) =>
        decideApproval(snapshot, approval, pipelineOf(snapshot.task), newId),
      ),
    reject: (taskId, tenantId, rejection) =>
      decide(taskId, tenantId, rejection.gate, (snapshot) =>
        decideRejection(snapshot, rejection, pipelineOf(snapshot.task)),
      ),
  };
}
