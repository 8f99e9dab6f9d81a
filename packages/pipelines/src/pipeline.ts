import type { Agent, Gate, Limitation, Quality, TaskResult, Tier } from '@pressroom/contracts';
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
  /** Longest wait for a worker before the step is exhausted; absent is what its lane allows. */
  queueTimeoutMs?: number;
}

/** Steps to add when a step has completed, and whose dependency lists they join. */
export interface Expansion {
  steps: readonly PlannedStep[];
  /** Existing steps that must now also wait for new ones: key → new keys. */
  joins: Readonly<Record<string, readonly string[]>>;
}

/** Outputs of the steps finished so far, by step key. */
export type StepOutputs = Readonly<Record<string, unknown>>;

/**
 * The document that a task makes: the same envelope for every type, with sections and sources empty where a type has none,
 * and with what it says as data where the type has a schema for it.
 */
export type TaskDocument<Data = Record<string, unknown>> = Omit<TaskResult, 'simulated' | 'data'> & { data?: Data };

export interface Assembled<Data = Record<string, unknown>> {
  /** Absent when nothing usable exists. */
  document: TaskDocument<Data> | undefined;
  /** What is missing from the document, seen from the outputs alone. */
  limitations: Limitation[];
}

/**
 * A point at which a task may be told to wait for a person's decision: when this step has made its output. The step must
 * be one of those planned at acceptance, and what its completion adds is planned from the output as it was approved.
 */
export interface PipelineGate<Input = unknown> {
  step: string;
  /** What an edited output must look like. Closed, so that a misspelt member is refused. */
  output: ZodType<Record<string, unknown>>;
  /** What the schema cannot say against an edited output, one line a problem; none is acceptable. Pure. */
  problems(edited: Record<string, unknown>, input: Input, outputs: StepOutputs): string[];
}

/**
 * A task type as data over one engine. Pure: no store, no clock, no model.
 * The version is pinned per task; a worker that does not know a version in flight dead-letters the step.
 */
export interface Pipeline<Input = unknown, Data extends Record<string, unknown> = Record<string, unknown>> {
  type: string;
  version: number;
  title: string;
  description: string;
  inputSchema: ZodType<Input>;
  /** Shape of the document's `data`; absent when the type has none. */
  dataSchema?: ZodType<Data>;
  /** A valid input, served by `GET /task-types` and run by a test. */
  example: Input;
  defaultTimeoutMs: number;
  /** Steps known at acceptance. */
  plan(input: Input, quality: Quality): readonly PlannedStep[];
  /** Fan-out: what a completed step adds to the plan. Deterministic in its arguments. */
  expand(stepKey: string, output: unknown, input: Input, quality: Quality): Expansion;
  /** Gates that `approvals` of a task may name. */
  gates?: Partial<Record<Gate, PipelineGate<Input>>>;
  /** The input with the tenant's style guide joined to its own, if any; absent where the type has no room for one. */
  withStyleGuide?(input: Input, styleGuide: string): Input;
  /** Builds the document from whatever is there: before refine, after refine, or a partial at the deadline. */
  assemble(input: Input, outputs: StepOutputs): Assembled<Data>;
}
