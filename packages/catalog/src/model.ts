import type { Tier } from '@pressroom/contracts';

/** Tokens of one call in one form for every provider. The inputs are disjoint; `reasoning` is a part of `output`. */
export interface TokenUsage {
  uncachedInput: number;
  cacheRead: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
  output: number;
  reasoning: number;
}

/** Prices of one prompt-length band, in integer pico-dollars per token ($1 per million tokens = 1,000,000). */
export interface PriceBand {
  /** Longest prompt of the band in tokens, cache reads and writes included; `undefined` on the last band. */
  upToPromptTokens: number | undefined;
  input: bigint;
  output: bigint;
  cacheRead: bigint;
  cacheWrite5m: bigint;
  cacheWrite1h: bigint;
}

/** A price list in force from an instant until the next row's. */
export interface PriceRow {
  effectiveFromMs: number;
  /** Ascending by prompt length; the band of the whole prompt prices the whole request. */
  bands: readonly [PriceBand, ...PriceBand[]];
  /** Price of a call in the provider's batch mode, as a percentage of the standard price. */
  batchPercent: number;
  /** Price of a call in each of the provider's other service tiers, as a percentage of the standard price. */
  serviceTierPercent: Readonly<Record<string, number>>;
}

/** How a schema reaches the model: in the provider's strict mode, or described in the prompt and only validated here. */
type SchemaMode = 'json_schema' | 'prompt';

export interface Model {
  /** `provider/id`, unique in a catalogue. */
  ref: string;
  /** Name of the configured provider that serves it. */
  provider: string;
  /** The provider's own name of the model. */
  id: string;
  /** Prompt and reply together, in tokens. */
  contextTokens: number;
  maxPromptTokens: number;
  maxOutputTokens: number;
  schemaMode: SchemaMode;
  /** Accepts `temperature`; current reasoning models refuse it. */
  sampling: boolean;
  /** What turns reasoning off; absent when the model has no such control. */
  reasoningOff: 'none' | 'minimal' | 'disabled' | undefined;
  /** Shortest prefix in tokens that the provider's prompt cache keeps; `undefined` when it has none. */
  minCacheablePrefixTokens: number | undefined;
  /** Tokens of the model per 1,000 tokens of `o200k_base`, on the safe side. */
  tokenizerPermille: number;
  /** First instant at which the provider no longer serves it. */
  shutdownAtMs: number | undefined;
  /** `ref` of the model to use after the shutdown. */
  replacement: string | undefined;
  /** Service tier that calls request, where the price row in force prices tiers. */
  serviceTier: string;
  /** Tier the model was configured for; built-in models are placed by the tier table alone. */
  tier: Tier | undefined;
  /** Oldest first. */
  prices: readonly [PriceRow, ...PriceRow[]];
  /** Where the facts come from. */
  source: string;
}
