import { isTerminalStep, MAX_REJECTIONS, type Gate } from '@pressroom/contracts';
import type { Actor, GateChange, LockedStep, TaskChange, TaskSnapshot } from '@pressroom/db';
import type { Pipeline } from '@pressroom/pipelines';
import { extendPlan } from '../../plan/core/plan-task.ts';
import { emptyChange, finishWithAvailableOutputs, statusesAfter } from '../../transition/core/decide-end.ts';
import { firstCause, toTaskError } from '../../transition/core/first-cause.ts';
import { mergePatch } from '../../transition/core/merge-patch.ts';
import { validateEdits } from './validate-edits.ts';

/** A person's decision at a gate. */
export interface GateDecision {
  gate: Gate;
  actor: Actor;
}
export type Approval = GateDecision & { edits: Readonly<Record<string, unknown>> | undefined };
export type Rejection = GateDecision & { reason: string };

export type ApprovalRefusal =
  /** The gate is not waiting for a decision, or the task has no such gate. */
  | { outcome: 'not_pending' }
  /** The edited output is invalid. */
  | { outcome: 'invalid_edits'; problems: { path: string; message: string }[] }
  /** This build does not know the task's pipeline version. */
  | { outcome: 'pipeline_unknown' };

export type ApprovalDecision =
  | { outcome: 'approved'; version: number | undefined; rejections: number; change: TaskChange }
  | { outcome: 'rejected' | 'rejected_for_good'; rejections: number; change: TaskChange }
  | ApprovalRefusal;

/**
 * Decides the effect of an approval: completes the waiting step, stores edits as a new version of its output, and extends the
 * plan from that version. Pure except for the ids of new steps.
 */
export function decideApproval(
  snapshot: TaskSnapshot,
  approval: Approval,
  pipeline: Pipeline | undefined,
  newId: () => string,
): ApprovalDecision {
  const step = waitingAt(snapshot, approval.gate);
  if (!step) return { outcome: 'not_pending' };
  if (!pipeline) return { outcome: 'pipeline_unknown' };
  const original = snapshot.outputs[step.key];
  let output = original;
  if (approval.edits !== undefined) {
    const validation = validateEdits(mergePatch(original, approval.edits), approval.gate, pipeline, snapshot);
    if (validation.outcome === 'invalid') return { outcome: 'invalid_edits', problems: validation.issues };
    output = validation.output;
  }
  const { task } = snapshot;
  const { spawn, joins } = extendPlan(
    { pipeline, input: task.input, quality: task.quality, lane: task.lane, newId },
    step.key,
    output,
  );
  const version = approval.edits === undefined ? undefined : (snapshot.versions[step.key] ?? 0) + 1;
  const gate: GateChange = {
    stepId: step.id,
    stillAwaiting: otherGate(snapshot, step),
    ...(version !== undefined && {
      edit: { version, author: approval.actor.keyId, body: output as Record<string, unknown> },
    }),
    spawn,
    joins: Object.entries(joins).flatMap(([key, deps]) => {
      const joined = snapshot.steps.find((candidate) => candidate.key === key);
      return joined ? [{ stepId: joined.id, deps }] : [];
    }),
  };
  const change: TaskChange = { ...emptyChange(), gate, audit: [auditOf(snapshot, approval, 'task.approve', version)] };
  change.steps.push({ id: step.id, status: 'completed' });
  for (const successor of snapshot.steps) {
    if (successor.status !== 'pending') continue;
    const joined = joins[successor.key]?.length ?? 0;
    const completed = step.next.includes(successor.key) ? 1 : 0;
    if (joined + completed === 0) continue;
    const depsLeft = successor.depsLeft - completed + joined;
    change.steps.push({ id: successor.id, status: depsLeft === 0 ? 'ready' : 'pending', depsLeft });
  }
  change.events.push(
    { type: 'task.approved', data: { gate: approval.gate, step: step.key, edited: version !== undefined } },
    { type: 'step.completed', data: { step: step.key, agent: step.agent, attempt: step.attempt } },
  );
  const rejections = step.rejections;
  const approved: ApprovalDecision = { outcome: 'approved', version, rejections, change };
  const statuses = [...statusesAfter(snapshot.steps, change.steps).values()];
  if (spawn.length > 0 || !statuses.every(isTerminalStep)) {
    change.status = gate.stillAwaiting === null ? 'running' : 'awaiting_approval';
    return approved;
  }
  if (statuses.every((status) => status === 'completed')) {
    change.status = 'completed';
    change.events.push({ type: 'task.completed', data: {} });
    return approved;
  }
  const after = { ...snapshot, outputs: { ...snapshot.outputs, [step.key]: output } };
  const cause = toTaskError(firstCause(after.steps)) ?? { code: 'AGENT_BUG', message: 'the task has no usable output' };
  finishWithAvailableOutputs(after, change, pipeline, cause, []);
  return approved;
}

/**
 * Decides the effect of a rejection: reruns the step with all reasons in its parameters, or, after `MAX_REJECTIONS` rejections,
 * ends the task with the available outputs. Pure.
 */
export function decideRejection(
  snapshot: TaskSnapshot,
  rejection: Rejection,
  pipeline: Pipeline | undefined,
): ApprovalDecision {
  const step = waitingAt(snapshot, rejection.gate);
  if (!step) return { outcome: 'not_pending' };
  const rejections = step.rejections + 1;
  const change: TaskChange = { ...emptyChange(), audit: [auditOf(snapshot, rejection, 'task.reject')] };
  change.events.push({ type: 'task.rejected', data: { gate: rejection.gate, step: step.key, rejections } });
  if (rejections >= MAX_REJECTIONS) {
    const cause = {
      code: 'APPROVAL_REJECTED',
      message: `the gate "${rejection.gate}" was rejected ${rejections} times`,
    };
    finishWithAvailableOutputs(snapshot, change, pipeline, cause, [
      { code: 'APPROVAL_REJECTED', step: step.key, message: cause.message },
    ]);
    return { outcome: 'rejected_for_good', rejections, change };
  }
  const stillAwaiting = otherGate(snapshot, step);
  change.status = stillAwaiting === null ? 'running' : 'awaiting_approval';
  change.steps.push({ id: step.id, status: 'ready' });
  change.gate = {
    stepId: step.id,
    stillAwaiting,
    spawn: [],
    joins: [],
    redo: {
      rejections,
      // All reasons so far, so that the agent does not undo corrections of earlier rejections.
      params: { ...step.params, rejection: { reasons: [...reasonsIn(step.params), rejection.reason] } },
    },
  };
  return { outcome: 'rejected', rejections, change };
}

const waitingAt = ({ steps }: TaskSnapshot, gate: Gate): LockedStep | undefined =>
  steps.find((step) => step.status === 'waiting' && step.gate === gate);

const otherGate = ({ steps }: TaskSnapshot, decided: LockedStep): Gate | null =>
  steps.find((step) => step !== decided && step.status === 'waiting' && step.gate !== null)?.gate ?? null;

function reasonsIn(params: Readonly<Record<string, unknown>>): string[] {
  const { reasons } = (params['rejection'] ?? {}) as { reasons?: unknown };
  return Array.isArray(reasons) ? reasons.filter((reason) => typeof reason === 'string') : [];
}

function auditOf({ task }: TaskSnapshot, { actor, gate }: GateDecision, action: string, version?: number) {
  return {
    actor,
    tenantId: task.tenantId,
    action,
    target: { kind: 'task', id: task.id },
    data: { gate, generation: task.generation, ...(version !== undefined && { version }) },
  };
}
