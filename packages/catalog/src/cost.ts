import type { Model, PriceBand, PriceRow, TokenUsage } from './model.ts';
import { bandFor, priceRowAt, serviceTierPercent } from './price.ts';

const PICO_PER_NANO = 1_000n;
const PERCENT = 100n;

/** Prompt tokens of a call: plain, read from a cache and written to one. */
export const promptTokens = (usage: TokenUsage): number =>
  usage.uncachedInput + usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h;

/**
 * What a call costs, in integer nano-dollars. Summed in pico-dollars and rounded once, half up, so that an entry is
 * never more than half a nano-dollar from the exact amount.
 *
 * @param options.serviceTier tier that served the call; one without a price costs as much as the dearest that has one
 * @throws {RangeError} on a token count that is negative or no integer
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
 * What the same tokens cost without any lever: on `baseline`, nothing cached, nothing batched. The "would have cost"
 * that savings are measured against. It takes the tokens as counted and does not guess at another tokenizer.
 */
export function calculateBaseline(usage: TokenUsage, baseline: Model, atMs: number): bigint {
  return calculateCost(withoutCache(usage), baseline, atMs);
}

/** The same tokens with every prompt token plain. */
export function withoutCache(usage: TokenUsage): TokenUsage {
  return { ...usage, uncachedInput: promptTokens(usage), cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };
}

/**
 * The most that a call can cost, rounded up: every prompt token at the dearer of the plain price and the cache-write
 * premium, the reply at its cap, in the dearest band that a prompt of at most `promptTokens` can fall into.
 *
 * @param request.serviceTier tier that is requested; the provider may fall back to its standard tier
 * @param request.cacheWrite longest cache lifetime that the request asks for, or that the provider writes unasked
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
    return count(tokens) * dearestInput(band, request.cacheWrite ?? '5m') + output * band.output;
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

function dearestInput(band: PriceBand, cacheWrite: 'none' | '5m' | '1h'): bigint {
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
