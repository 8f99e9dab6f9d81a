import type { Agent, Gate, Limitation, Quality, TaskResult, Tier } from '@pressroom/contracts';
import type { ZodType } from 'zod';

/** What happens to the task when a step has exhausted its attempts or cannot be retried. */
export type OnExhausted = 'fail' | 'skip';

/** One node of a plan, as data. Keys are unique in a task; `dependsOn` and `next` name keys. */
export interface PlannedStep {
  key: string;
  agent: Agent;
  dependsOn: readonly string[];
  /** Tier at `balanced` quality; `economy` shifts by −1, `premium` by +1. */
  tier: Tier;
  params: Readonly<Record<string, unknown>>;
  /** Time limit of one attempt. */
  attemptTimeoutMs: number;
  /** Time limit of all attempts of the step together, including waiting. */
  totalTimeoutMs: number;
  /** Number of failures that exhaust the step. */
  maxFailures: number;
  backoff: { baseMs: number; capMs: number };
  onExhausted: OnExhausted;
  /** Longest wait for a worker before the step is exhausted; defaults to the limit of its lane. */
  queueTimeoutMs?: number;
}

/** Steps to add when a step has completed, and the dependency lists that they join. */
export interface Expansion {
  steps: readonly PlannedStep[];
  /** Existing steps that also depend on new ones: key → new keys. */
  joins: Readonly<Record<string, readonly string[]>>;
}

/** Outputs of the completed steps, by step key. */
export type StepOutputs = Readonly<Record<string, unknown>>;

/**
 * The document of a task: the same envelope for every type, with empty sections and sources where a type has none, and
 * `data` where the type has a schema for it.
 */
export type TaskDocument<Data = Record<string, unknown>> = Omit<TaskResult, 'simulated' | 'data'> & { data?: Data };

export interface Assembled<Data = Record<string, unknown>> {
  /** Undefined when no usable output exists. */
  document: TaskDocument<Data> | undefined;
  /** What is missing from the document, as far as the outputs show it. */
  limitations: Limitation[];
}

/**
 * A point at which a task may wait for a person's decision: after this step has produced its output. The step must be
 * planned at acceptance; `expand` receives the approved output.
 */
export interface PipelineGate<Input = unknown> {
  step: string;
  /** Schema of an edited output. Strict, so that a misspelt member is rejected. */
  output: ZodType<Record<string, unknown>>;
  /** Checks an edited output beyond its schema: one line per problem, empty when it is valid. Pure. */
  validate(edited: Record<string, unknown>, input: Input, outputs: StepOutputs): string[];
}

/**
 * A task type, defined as data. Pure: no store, no clock, no model. A task pins its version; a worker that does not know
 * the version dead-letters the step.
 */
export interface Pipeline<Input = unknown, Data extends Record<string, unknown> = Record<string, unknown>> {
  type: string;
  version: number;
  title: string;
  description: string;
  inputSchema: ZodType<Input>;
  /** Schema of the document's `data`; undefined when the type has none. */
  dataSchema?: ZodType<Data>;
  /** A valid input, served by `GET /task-types` and executed by a test. */
  example: Input;
  defaultTimeoutMs: number;
  /** Steps known at acceptance. */
  plan(input: Input, quality: Quality): readonly PlannedStep[];
  /** Fan-out: steps that a completed step adds to the plan. Deterministic in its arguments. */
  expand(stepKey: string, output: unknown, input: Input, quality: Quality): Expansion;
  /** Gates that `approvals` of a task may name. */
  gates?: Partial<Record<Gate, PipelineGate<Input>>>;
  /** Merges the tenant's style guide into the input's; undefined when the type has no style guide. */
  withStyleGuide?(input: Input, styleGuide: string): Input;
  /** Builds the document from the available outputs, at any time: also partially, at the deadline. */
  assemble(input: Input, outputs: StepOutputs): Assembled<Data>;
}
