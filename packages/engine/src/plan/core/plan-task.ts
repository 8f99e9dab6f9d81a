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
  /** Gates at which the task waits; only steps known at submission can have one. */
  approvals?: readonly Gate[];
  /** The task's time-out, which bounds those of its steps; by default only its deadline does. */
  timeoutMs?: number;
  newId: () => string;
}

/**
 * Plans a task at submission: one row per step known then, with dependencies in both directions. Pure except for the ids, which
 * the caller supplies.
 * @throws {Error} for a pipeline with an unknown dependency, a duplicate key or a missing gate
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

/** Steps that a completed step adds, and the pending steps that must wait for them too. */
export interface PlanExtension {
  spawn: NewStep[];
  joins: Readonly<Record<string, readonly string[]>>;
}

/**
 * Extends the plan after a step has completed. New steps may depend on that step, on steps completed before it, and on each
 * other; only the last kind of dependency is open.
 */
export function extendPlan(request: PlanRequest, completedKey: string, output: unknown): PlanExtension {
  const { steps, joins } = request.pipeline.expand(completedKey, output, request.input, request.quality);
  const newKeys = new Set(steps.map((step) => step.key));
  return {
    spawn: steps.map((step) =>
      toNewStep(request, step, withJoins(steps, joins), step.dependsOn.filter((key) => newKeys.has(key)).length),
    ),
    joins,
  };
}

/** Adds the joined steps, which exist already, as successors of new steps, so that `next` includes them. */
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
