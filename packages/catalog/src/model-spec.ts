import { Tier } from '@pressroom/contracts';
import { z } from 'zod';

/** Dollars per million tokens, exact to six decimals, as integer pico-dollars per token. */
export const UsdPerMTok = z.union([z.number().nonnegative().max(100_000), z.string()]).transform((value, context) => {
  const text = typeof value === 'number' ? value.toFixed(6) : value;
  const match = /^(\d{1,6})(?:\.(\d{1,6}))?$/.exec(text);
  const exact = typeof value === 'string' || Number(text) === value;
  if (match?.[1] !== undefined && exact) return BigInt(match[1]) * 1_000_000n + BigInt((match[2] ?? '').padEnd(6, '0'));
  context.addIssue({ code: 'custom', message: 'must be dollars per million tokens with at most six decimals' });
  return z.NEVER;
});

const tokens = z.int().min(1).max(100_000_000);
const Instant = z
  .union([z.iso.date(), z.iso.datetime({ offset: true })])
  .transform((text) => Date.parse(text.length === 10 ? `${text}T00:00:00Z` : text));

const ServiceTierName = z.string().regex(/^[a-z][a-z0-9_-]{0,29}$/, 'must be the provider’s name of a service tier');

/**
 * One prompt-length band. Defaults: a cache read costs as much as plain input, as does a five-minute cache write; a one-hour
 * write costs as much as a five-minute one.
 */
export const PriceBandSpec = z.strictObject({
  upToPromptTokens: tokens.optional(),
  input: UsdPerMTok,
  output: UsdPerMTok,
  cacheRead: UsdPerMTok.optional(),
  cacheWrite: UsdPerMTok.optional(),
  cacheWrite1h: UsdPerMTok.optional(),
});

export const PriceRowSpec = z.strictObject({
  effectiveFrom: Instant.optional(),
  bands: z.array(PriceBandSpec).min(1),
  batchPercent: z.int().min(1).max(100).default(50),
  /** Service tiers besides the standard one, as percentages of the standard price: `{ flex: 50, priority: 200 }`. */
  serviceTiers: z.record(ServiceTierName, z.int().min(1).max(10_000)).default({}),
});

/**
 * A model as data, in the built-in tables and in `PRESSROOM_CONFIG`. Prices are explicit and have no defaults.
 */
export const ModelSpec = z.strictObject({
  id: z.string().min(1).max(200),
  /** Appends the model to this tier's candidates. */
  tier: Tier.optional(),
  contextTokens: tokens,
  maxPromptTokens: tokens.optional(),
  maxOutputTokens: tokens,
  /** One flat band, or rows with effective dates and bands. */
  prices: z.union([PriceBandSpec.omit({ upToPromptTokens: true }), z.array(PriceRowSpec).min(1)]),
  schemaMode: z.enum(['json_schema', 'prompt']).default('json_schema'),
  sampling: z.boolean().default(true),
  reasoningOff: z.enum(['none', 'minimal', 'disabled']).optional(),
  minCacheablePrefixTokens: tokens.optional(),
  tokenizerPermille: z.int().min(100).max(10_000).default(1_300),
  /** Service tier to request if the price row prices tiers; default: the standard tier. */
  serviceTier: ServiceTierName.default('default'),
  shutdownAt: Instant.optional(),
  replacement: z.string().optional(),
  source: z.string().default('configuration'),
});
export type ModelSpec = z.input<typeof ModelSpec>;
export type ParsedModelSpec = z.output<typeof ModelSpec>;
