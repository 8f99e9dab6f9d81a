import type { Model, PriceBand, PriceRow, TokenUsage } from './model.ts';
import { bandFor, priceRowAt, serviceTierPercent } from './price.ts';

const PICO_PER_NANO = 1_000n;
const PERCENT = 100n;

/** Prompt tokens of a call: uncached, cache reads and cache writes. */
export const promptTokens = (usage: TokenUsage): number =>
  usage.uncachedInput + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;

/**
 * Calculates the cost of a call in integer nano-dollars. Summed in pico-dollars and rounded once, half up, so the error is at
 * most half a nano-dollar.
 *
 * @param options.serviceTier tier that served the call; one without a price costs as much as the most expensive priced one
 * @throws {RangeError} on a negative or non-integer token count
 */
export function calculateCost(
  usage: TokenUsage,
  model: Model,
  atMs: number,
  options: { batch?: boolean; serviceTier?: string | undefined } = {},
): bigint {
  const row = priceRowAt(model, atMs);
  const pico = sumPico(usage, bandFor(row, promptTokens(usage)));
  const percent = options.batch === true ? BigInt(row.batchPercent) : percentOf(row, options.serviceTier);
  const divisor = PERCENT * PICO_PER_NANO;
  return (pico * percent * 2n + divisor) / (divisor * 2n);
}

/**
 * Calculates the baseline cost of savings: the same tokens on `baseline`, without caching and batching. Uses the token counts
 * as they are, without converting them to another tokenizer.
 */
export function calculateBaseline(usage: TokenUsage, baseline: Model, atMs: number): bigint {
  return calculateCost(withoutCache(usage), baseline, atMs);
}

/** The same tokens with the whole prompt uncached. */
export function withoutCache(usage: TokenUsage): TokenUsage {
  return { ...usage, uncachedInput: promptTokens(usage), cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };
}

/**
 * Calculates the maximum cost of a call, rounded up: every prompt token at the higher of the plain and the cache-write price,
 * the reply at its cap, in the most expensive band of prompts up to `promptTokens`.
 *
 * @param request.serviceTier requested tier; the provider may fall back to its standard tier
 * @param request.cacheWrite longest cache lifetime that is requested or applied automatically by the provider
 */
export function calculateWorstCase(
  request: {
    promptTokens: number;
    maxOutputTokens: number;
    cacheWrite?: 'none' | '5m' | '1h';
    batch?: boolean;
    serviceTier?: string | undefined;
  },
  model: Model,
  atMs: number,
): bigint {
  const row = priceRowAt(model, atMs);
  const output = count(request.maxOutputTokens);
  const costs = reachableBands(row, request.promptTokens).map(({ band, tokens }) => {
    return count(tokens) * highestInputPrice(band, request.cacheWrite ?? '5m') + output * band.output;
  });
  const pico = costs.reduce((most, cost) => (cost > most ? cost : most), 0n);
  const tiered = percentOf(row, request.serviceTier);
  const percent = request.batch === true ? BigInt(row.batchPercent) : tiered > PERCENT ? tiered : PERCENT;
  const divisor = PERCENT * PICO_PER_NANO;
  return (pico * percent + divisor - 1n) / divisor;
}

function percentOf(row: PriceRow, serviceTier: string | undefined): bigint {
  if (serviceTier === undefined) return PERCENT;
  return BigInt(serviceTierPercent(row, serviceTier) ?? Math.max(100, ...Object.values(row.serviceTierPercent)));
}

function reachableBands(row: PriceRow, prompt: number): { band: PriceBand; tokens: number }[] {
  const reachable = row.bands.filter((_, index) => (row.bands[index - 1]?.upToPromptTokens ?? -1) < prompt);
  return reachable.map((band) => ({ band, tokens: Math.min(prompt, band.upToPromptTokens ?? prompt) }));
}

function highestInputPrice(band: PriceBand, cacheWrite: 'none' | '5m' | '1h'): bigint {
  const write = cacheWrite === 'none' ? 0n : cacheWrite === '5m' ? band.cacheWrite5m : band.cacheWrite1h;
  return write > band.input ? write : band.input;
}

function sumPico(usage: TokenUsage, band: PriceBand): bigint {
  return (
    count(usage.uncachedInput) * band.input +
    count(usage.cacheRead) * band.cacheRead +
    count(usage.cacheWrite5m) * band.cacheWrite5m +
    count(usage.cacheWrite1h) * band.cacheWrite1h +
    count(usage.output) * band.output
  );
}

function count(tokens: number): bigint {
  if (!Number.isSafeInteger(tokens) || tokens < 0) throw new RangeError(`not a token count: ${tokens}`);
  return BigInt(tokens);
}
