import type { Agent, Limitation, Quality, Tier } from '@pressroom/contracts';
import type { LlmPort } from '@pressroom/llm';
import type { Clock, Logger } from '@pressroom/runtime';
import type { PageReader } from './research/page-parser.ts';
import type { ResearchTools } from './tools/toolbox.ts';

/** Dependencies and input of an agent for one attempt of one step. Contains no store, no queue and no plan. */
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
    /** Parameters of the planned step, e.g. `{ part: 'lead' }` or `{ part: 2 }`. */
    params: Record<string, unknown>;
    attempt: number;
  };
  /** Outputs of the steps that this one depends on, by step key; a skipped step is absent. */
  outputs: Readonly<Record<string, unknown>>;
  llm: LlmPort;
  /**
   * Runs a tool once per generation: its result is journaled under `path` and reused by later attempts.
   *
   * @param price of a paid tool: reserved against the budgets before the run, entered in the ledger after it
   * @throws the error of `run`; BUDGET_EXHAUSTED or LEASE_LOST when the price could not be reserved, before `run` starts
   */
  tool<T>(path: string, run: (signal: AbortSignal) => Promise<T>, price?: ToolPrice): Promise<T>;
  /** Tools that find sources besides the user's; undefined when no tool is enabled. */
  tools?: ResearchTools;
  /** Fetches a URL through the egress guard if the site's robots.txt allows it. */
  fetchUrl(url: string, signal: AbortSignal): Promise<FetchedPage>;
  /** Extracts the readable text of pages and sources. */
  pages: PageReader;
  signal: AbortSignal;
  clock: Clock;
  log: Logger;
}

/** Price of one run of a tool. */
export interface ToolPrice {
  /** Name of the tool, entered as provider in the ledger. */
  tool: string;
  costNanoUsd: bigint;
  /** Throws when the tool cannot be called; no money is reserved then. */
  beforeCall(): void;
}

export interface FetchedPage {
  /** URL after redirects. */
  url: string;
  contentType: string;
  /** Decoded text; empty for binary content. */
  text: string;
  /** Decompressed bytes; only for binary content. */
  bytes?: Uint8Array;
  fetchedAtMs: number;
}

/** Result of a step: JSON that later steps, the planner and `assemble` read. */
export interface StepOutput {
  output: Record<string, unknown>;
  limitations: Limitation[];
}

export interface StepAgent {
  readonly name: Agent;
  /** Throws an AppError on failure; `retryable` decides whether the engine retries. */
  run(context: StepContext): Promise<StepOutput>;
}
