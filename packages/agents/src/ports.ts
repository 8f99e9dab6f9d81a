import type { Agent, Limitation, Quality, Tier } from '@pressroom/contracts';
import type { LlmPort } from '@pressroom/llm';
import type { Clock, Logger } from '@pressroom/runtime';
import type { PageParser } from './research/page-parser.ts';
import type { ResearchTools } from './tools/toolbox.ts';

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
  /**
   * Runs a tool once per generation: its result is journaled under `path` and reused by later attempts.
   *
   * @param price of a tool that is paid for: held against the budgets before, entered in the ledger after
   * @throws what `run` throws; BUDGET_EXHAUSTED or LEASE_LOST when a price could not be held, and nothing was run
   */
  tool<T>(path: string, run: (signal: AbortSignal) => Promise<T>, price?: ToolPrice): Promise<T>;
  /** What research may ask besides the user's own sources; absent when nothing is enabled. */
  tools?: ResearchTools;
  /** Fetches a URL through the egress guard, as far as the site's robots.txt allows it. */
  fetchUrl(url: string, signal: AbortSignal): Promise<FetchedPage>;
  /** Takes the readable text of pages and sources. */
  pages: Pick<PageParser, 'readPage' | 'readText'>;
  signal: AbortSignal;
  clock: Clock;
  log: Logger;
}

/** What one run of a tool costs. */
export interface ToolPrice {
  /** Its name, the provider in the ledger. */
  tool: string;
  costNanoUsd: bigint;
  /** Throws when the tool would not be asked anyway: nothing is then held. */
  beforeCall(): void;
}

export interface FetchedPage {
  /** URL after redirects. */
  url: string;
  contentType: string;
  /** Decoded text; empty for binary content. */
  text: string;
  /** As they came, unpacked; only of binary content. */
  bytes?: Uint8Array;
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
