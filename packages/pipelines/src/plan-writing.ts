import type { Tier } from '@pressroom/contracts';
import type { Expansion, PlannedStep } from './pipeline.ts';
import { planStep } from './planned-step.ts';

/** The step in which the agent `write` makes all that a task type of one step consists of; `form` says what. */
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

/** For types whose whole plan is known at acceptance. */
export const expandNothing = (): Expansion => ({ steps: [], joins: {} });
