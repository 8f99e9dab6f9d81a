import type { Agent, Limitation, Quality, TaskResult, Tier } from '@pressroom/contracts';
import type { ZodType } from 'zod';

/** What happens to the task when a step has used up its attempts or cannot be retried. */
export type OnExhausted = 'fail' | 'skip';

/** One node of a plan, as data. Keys are unique in a task; `dependsOn` and `next` name keys. */
export interface PlannedStep {
  key: string;
  agent: Agent;
  dependsOn: readonly string[];
  /** Tier at `balanced` quality; `economy` shifts by −1, `premium` by +1. */
  tier: Tier;
  params: Readonly<Record<string, unknown>>;
  /** Limit of one attempt. */
  attemptTimeoutMs: number;
  /** Limit of all attempts of the step together, waiting included. */
  totalTimeoutMs: number;
  /** Failures after which the step is exhausted. */
  maxFailures: number;
  backoff: { baseMs: number; capMs: number };
  onExhausted: OnExhausted;
}

/** Steps to add when a step has completed, and whose dependency lists they join. */
export interface Expansion {
  steps: readonly PlannedStep[];
  /** Existing steps that must now also wait for new ones: key → new keys. */
  joins: Readonly<Record<string, readonly string[]>>;
}

/** Outputs of the steps finished so far, by step key. */
export type StepOutputs = Readonly<Record<string, unknown>>;

export interface Assembled {
  /** Absent when nothing usable exists. */
  document: Omit<TaskResult, 'simulated'> | undefined;
  /** What is missing from the document, seen from the outputs alone. */
  limitations: Limitation[];
}

/**
 * A task type as data over one engine. Pure: no store, no clock, no model.
 * The version is pinned per task; a worker that does not know a version in flight dead-letters the step.
 */
export interface Pipeline<Input = unknown> {
  type: string;
  version: number;
  title: string;
  description: string;
  inputSchema: ZodType<Input>;
  /** A valid input, served by `GET /task-types` and run by a test. */
  example: Input;
  defaultTimeoutMs: number;
  /** Steps known at acceptance. */
  plan(input: Input, quality: Quality): readonly PlannedStep[];
  /** Fan-out: what a completed step adds to the plan. Deterministic in its arguments. */
  expand(stepKey: string, output: unknown, input: Input, quality: Quality): Expansion;
  /** Builds the document from whatever is there: before refine, after refine, or a partial at the deadline. */
  assemble(input: Input, outputs: StepOutputs): Assembled;
}
