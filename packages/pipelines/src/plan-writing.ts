import type { Tier } from '@pressroom/contracts';
import type { Expansion, PlannedStep } from './pipeline.ts';
import { planStep } from './planned-step.ts';

/** A step of the agent `write`, which produces the whole output of a task type; `form` selects the output's form. */
export const planWriting = (
  form: string,
  step: { tier: Tier; attemptTimeoutMs: number; dependsOn?: readonly string[] },
): PlannedStep =>
  planStep({
    key: form,
    agent: 'write',
    dependsOn: step.dependsOn ?? [],
    tier: step.tier,
    params: { form },
    attemptTimeoutMs: step.attemptTimeoutMs,
    onExhausted: 'fail',
  });

/** `expand` of types whose whole plan is known at acceptance. */
export const expandNothing = (): Expansion => ({ steps: [], joins: {} });
