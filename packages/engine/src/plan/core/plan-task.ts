import { tierForQuality } from '@pressroom/catalog';
import { queueName, type Gate, type Lane, type Quality } from '@pressroom/contracts';
import type { NewStep } from '@pressroom/db';
import type { Expansion, Pipeline, PlannedStep } from '@pressroom/pipelines';
import { boundTimeouts } from './bound-timeouts.ts';

export interface PlanRequest {
  pipeline: Pipeline;
  input: unknown;
  quality: Quality;
  lane: Lane;
  /** Gates the task is to wait at; only steps known at acceptance can have one. */
  approvals?: readonly Gate[];
  /** The task's own limit, which no step outlives; absent leaves that to the deadline. */
  timeoutMs?: number;
  newId: () => string;
}

/**
 * The plan of a task at acceptance: rows for every step known then, with both directions of the dependencies.
 * Pure but for the ids, which the caller supplies.
 * @throws {Error} when the pipeline names an unknown dependency, a key twice, or lacks a gate: a programmer's error
 */
export function planTask(request: PlanRequest): NewStep[] {
  const planned = request.pipeline.plan(request.input, request.quality);
  const keys = new Set(planned.map((step) => step.key));
  if (keys.size !== planned.length) throw new Error(`pipeline ${request.pipeline.type} plans a step key twice`);
  for (const step of planned) {
    const unknown = step.dependsOn.find((key) => !keys.has(key));
    if (unknown !== undefined) throw new Error(`step ${step.key} depends on ${unknown}, which is not planned`);
  }
  const gates = gatesByStep(request, keys);
  return planned.map((step) => ({
    ...toNewStep(request, step, planned, step.dependsOn.length),
    gate: gates.get(step.key) ?? null,
  }));
}

function gatesByStep({ pipeline, approvals = [] }: PlanRequest, keys: ReadonlySet<string>): Map<string, Gate> {
  const gates = new Map<string, Gate>();
  for (const gate of approvals) {
    const key = pipeline.gates?.[gate]?.step;
    if (key === undefined || !keys.has(key))
      throw new Error(`pipeline ${pipeline.type} has no step for the gate ${gate}`);
    gates.set(key, gate);
  }
  return gates;
}

/** What a completed step adds: new rows, and which waiting steps must wait for them too. */
export interface PlanExtension {
  spawn: NewStep[];
  joins: Readonly<Record<string, readonly string[]>>;
}

/**
 * Extends the plan when a step has completed. New steps may depend on the completed step, on steps complete before it,
 * and on each other; only the last kind is still to wait for.
 */
export function extendPlan(request: PlanRequest, completedKey: string, output: unknown): PlanExtension {
  const { steps, joins } = request.pipeline.expand(completedKey, output, request.input, request.quality);
  const born = new Set(steps.map((step) => step.key));
  return {
    spawn: steps.map((step) =>
      toNewStep(request, step, withJoins(steps, joins), step.dependsOn.filter((key) => born.has(key)).length),
    ),
    joins,
  };
}

/** Joined steps are not new, yet they are successors of new ones: they count when `next` is derived. */
function withJoins(
  steps: readonly PlannedStep[],
  joins: Expansion['joins'],
): { key: string; dependsOn: readonly string[] }[] {
  return [...steps, ...Object.entries(joins).map(([key, dependsOn]) => ({ key, dependsOn }))];
}

function toNewStep(
  request: PlanRequest,
  step: PlannedStep,
  all: readonly { key: string; dependsOn: readonly string[] }[],
  depsLeft: number,
): NewStep {
  return {
    id: request.newId(),
    key: step.key,
    agent: step.agent,
    queue: queueName(step.agent, request.lane),
    tier: tierForQuality(step.tier, request.quality),
    deps: step.dependsOn,
    next: all.filter((other) => other.dependsOn.includes(step.key)).map((other) => other.key),
    depsLeft,
    params: step.params,
    ...boundTimeouts(step, request.timeoutMs ?? Infinity),
    maxFailures: step.maxFailures,
    backoffBaseMs: step.backoff.baseMs,
    backoffCapMs: step.backoff.capMs,
    onExhausted: step.onExhausted,
    gate: null,
    queueTimeoutMs: step.queueTimeoutMs ?? null,
  };
}
