import type { Tier } from '@pressroom/contracts';

/** Tokens of one call, independent of the provider. The inputs are disjoint; `reasoning` is a part of `output`. */
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
  /** Longest prompt of the band in tokens, including cache reads and writes; `undefined` for the last band. */
  upToPromptTokens: number | undefined;
  input: bigint;
  output: bigint;
  cacheRead: bigint;
  cacheWrite5m: bigint;
  cacheWrite1h: bigint;
}

/** A price list in force until the next row's date. */
export interface PriceRow {
  effectiveFromMs: number;
  /** Ascending by prompt length; the whole request is priced by the band of the whole prompt. */
  bands: readonly [PriceBand, ...PriceBand[]];
  /** Price in the provider's batch mode, as a percentage of the standard price. */
  batchPercent: number;
  /** Price in each of the provider's other service tiers, as a percentage of the standard price. */
  serviceTierPercent: Readonly<Record<string, number>>;
}

/** How a schema is sent: in the provider's strict mode, or described in the prompt and validated by the gateway. */
type SchemaMode = 'json_schema' | 'prompt';

export interface Model {
  /** `provider/id`, unique in a catalogue. */
  ref: string;
  /** Name of the configured provider. */
  provider: string;
  /** The provider's name of the model. */
  id: string;
  /** Prompt and reply together, in tokens. */
  contextTokens: number;
  maxPromptTokens: number;
  maxOutputTokens: number;
  schemaMode: SchemaMode;
  /** Supports `temperature`; current reasoning models reject it. */
  sampling: boolean;
  /** Setting that disables reasoning; absent when the model has none. */
  reasoningOff: 'none' | 'minimal' | 'disabled' | undefined;
  /** Shortest prefix in tokens that the provider caches; `undefined` without a prompt cache. */
  minCacheablePrefixTokens: number | undefined;
  /** Tokens of the model per 1,000 tokens of `o200k_base`, rounded up. */
  tokenizerPermille: number;
  /** Shutdown: first time (epoch ms) at which the provider no longer serves it. */
  shutdownAtMs: number | undefined;
  /** `ref` of the model to use after the shutdown. */
  replacement: string | undefined;
  /** Service tier to request if the price row in force prices tiers. */
  serviceTier: string;
  /** Tier of a configured model; built-in models are assigned by the tier table. */
  tier: Tier | undefined;
  /** Oldest first. */
  prices: readonly [PriceRow, ...PriceRow[]];
  /** Source of the facts. */
  source: string;
}
