import type { Agent, Limitation, Quality, Tier } from '@pressroom/contracts';
import type { LlmPort } from '@pressroom/llm';
import type { Clock, Logger } from '@pressroom/runtime';

/** Everything an agent gets for one attempt of one step. It knows no store, no queue and nothing of the plan. */
export interface StepContext {
  task: {
    id: string;
    type: string;
    /** Validated against the task type's schema at acceptance. */
    input: unknown;
    quality: Quality;
    createdAt: Date;
  };
  step: {
    key: string;
    agent: Agent;
    tier: Tier;
    /** Parameters the planner gave this step, e.g. `{ part: 'lead' }` or `{ part: 2 }`. */
    params: Record<string, unknown>;
    attempt: number;
  };
  /** Outputs of the steps this one builds on, by step key; a skipped step is absent. */
  outputs: Readonly<Record<string, unknown>>;
  llm: LlmPort;
  /** Runs a tool once per generation: its result is journaled under `path` and reused by later attempts. */
  tool<T>(path: string, run: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Fetches a URL through the egress guard. */
  fetchUrl(url: string, signal: AbortSignal): Promise<FetchedPage>;
  signal: AbortSignal;
  clock: Clock;
  log: Logger;
}

export interface FetchedPage {
  /** URL after redirects. */
  url: string;
  contentType: string;
  /** Decoded text. */
  text: string;
  fetchedAtMs: number;
}

/** What a step has made: JSON that later steps, the planner and `assemble` read. */
export interface StepOutput {
  output: Record<string, unknown>;
  limitations: Limitation[];
}

export interface StepAgent {
  readonly name: Agent;
  /** Throws an AppError on failure: `retryable` decides whether the engine tries again. */
  run(context: StepContext): Promise<StepOutput>;
}
