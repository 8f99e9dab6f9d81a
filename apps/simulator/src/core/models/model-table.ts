export type Vendor = 'openai' | 'anthropic';

export interface SimulatedModel {
  id: string;
  vendor: Vendor;
  kind: 'chat' | 'embedding';
  /** Prompt and reply together, in tokens. */
  contextTokens: number;
  /** Longest reply, in tokens; the dimensions of a vector for embedding models. */
  maxOutputTokens: number;
  /** Shortest prefix stored in the prompt cache, in tokens. */
  minCacheTokens: number;
  /** Whether the vendor bills cache writes. */
  billsCacheWrites: boolean;
}

type Row = readonly [id: string, contextTokens: number, maxOutputTokens: number, minCacheTokens?: number];

/*
 * Names, context windows and output limits as published by the vendors (November 2026). Models that were shut down are not
 * listed, so that requests for them return 404 as at the vendor.
 */
const OPENAI: readonly Row[] = [
  ['gpt-6.1-sol', 1_050_000, 128_000],
  ['gpt-6.1-terra', 1_050_000, 128_000],
  ['gpt-6-sol', 1_050_000, 128_000],
  ['gpt-6-luna', 1_050_000, 128_000],
  ['gpt-6-astra', 1_050_000, 128_000],
  ['gpt-5.6', 1_050_000, 128_000],
  ['gpt-5.6-sol', 1_050_000, 128_000],
  ['gpt-5.6-terra', 1_050_000, 128_000],
  ['gpt-5.6-luna', 1_050_000, 128_000],
  ['gpt-5.5', 1_050_000, 128_000],
  ['gpt-5.4', 1_050_000, 128_000],
  ['gpt-5.4-mini', 1_050_000, 128_000],
  ['gpt-5.4-nano', 1_050_000, 128_000],
  ['gpt-5.2', 400_000, 128_000],
  ['gpt-5.1', 400_000, 128_000],
  ['gpt-5', 400_000, 128_000],
  ['gpt-5-mini', 400_000, 128_000],
  ['gpt-5-nano', 400_000, 128_000],
  ['gpt-5-pro', 400_000, 128_000],
  ['gpt-4.1', 1_047_576, 32_768],
  ['gpt-4.1-mini', 1_047_576, 32_768],
  ['gpt-4o', 128_000, 16_384],
  ['gpt-4o-mini', 128_000, 16_384],
  ['o3', 200_000, 100_000],
];

const ANTHROPIC: readonly Row[] = [
  ['claude-fable-5-1', 1_000_000, 128_000, 512],
  ['claude-fable-5', 1_000_000, 128_000, 512],
  ['claude-opus-5-5', 1_000_000, 128_000, 512],
  ['claude-opus-5', 1_000_000, 128_000, 512],
  ['claude-opus-4-8', 1_000_000, 128_000],
  ['claude-opus-4-5', 200_000, 64_000, 4_096],
  ['claude-opus-4-1', 200_000, 32_000],
  ['claude-sonnet-5-5', 1_000_000, 128_000],
  ['claude-sonnet-5', 1_000_000, 128_000],
  ['claude-sonnet-4-6', 1_000_000, 64_000],
  ['claude-sonnet-4-5', 200_000, 64_000],
  ['claude-haiku-5-5', 1_000_000, 128_000],
  ['claude-haiku-4-5', 200_000, 64_000, 4_096],
];

/** Both vendors cache prefixes of at least 1,024 tokens, except for models with another minimum. */
const MIN_CACHE_TOKENS = 1_024;
const EMBEDDING_CONTEXT = 8_191;

export const DEFAULT_MODELS: readonly SimulatedModel[] = [
  ...OPENAI.map((row) => chatModel('openai', row)),
  ...ANTHROPIC.map((row) => chatModel('anthropic', row)),
  embeddingModel('text-embedding-3-small', 1_536),
  embeddingModel('text-embedding-3-large', 3_072),
];

function chatModel(vendor: Vendor, [id, contextTokens, maxOutputTokens, minCacheTokens]: Row): SimulatedModel {
  const billsCacheWrites = vendor === 'anthropic' || /^gpt-(?:5\.6|[6-9])/.test(id);
  return {
    id,
    vendor,
    kind: 'chat',
    contextTokens,
    maxOutputTokens,
    minCacheTokens: minCacheTokens ?? MIN_CACHE_TOKENS,
    billsCacheWrites,
  };
}

function embeddingModel(id: string, dimensions: number): SimulatedModel {
  return {
    id,
    vendor: 'openai',
    kind: 'embedding',
    contextTokens: EMBEDDING_CONTEXT,
    maxOutputTokens: dimensions,
    minCacheTokens: Infinity,
    billsCacheWrites: false,
  };
}

/** A model added by name only: generous limits, served on both protocols' chat endpoints. */
export function addedModel(id: string, vendor: Vendor): SimulatedModel {
  return { ...chatModel(vendor, [id, 1_000_000, 128_000]), id };
}

export interface ModelTable {
  list(vendor: Vendor): readonly SimulatedModel[];
  /** Finds a model by name; a dated snapshot (`-2026-03-17`, `-20260317`) or `-latest` resolves to its model. */
  find(vendor: Vendor, id: string): SimulatedModel | undefined;
}

export function createModelTable(models: readonly SimulatedModel[]): ModelTable {
  const byName = new Map(models.map((model) => [`${model.vendor}/${model.id}`, model]));
  return {
    list: (vendor) => models.filter((model) => model.vendor === vendor),
    find: (vendor, id) =>
      byName.get(`${vendor}/${id}`) ??
      byName.get(`${vendor}/${id.replace(/-(?:latest|\d{8}|\d{4}-\d{2}-\d{2})$/, '')}`),
  };
}
