import type { Model, PriceBand, PriceRow } from './model.ts';

/**
 * The price row in force at an instant. Before its first row a model has the price of that row: a call cannot precede
 * the model, so the clock is wrong, and the oldest price known is nearer to the truth than a refusal.
 */
export function priceRowAt(model: Model, atMs: number): PriceRow {
  return model.prices.findLast((row) => row.effectiveFromMs <= atMs) ?? model.prices[0];
}

/**
 * The band that prices a whole request.
 *
 * @param promptTokens every prompt token, cache reads and writes included
 */
export function bandFor(row: PriceRow, promptTokens: number): PriceBand {
  return row.bands.find((band) => promptTokens <= (band.upToPromptTokens ?? Infinity)) ?? row.bands[0];
}

/** What providers call the tier that everybody has. */
const STANDARD_TIERS: ReadonlySet<string> = new Set(['default', 'standard', 'auto', 'standard_only']);

export const isStandardTier = (serviceTier: string): boolean => STANDARD_TIERS.has(serviceTier);

/**
 * Price of a service tier as a percentage of the standard price.
 *
 * @returns `undefined` when the row has no price for it
 */
export const serviceTierPercent = (row: PriceRow, serviceTier: string): number | undefined =>
  // The tier is a word of the provider's reply: `constructor` must not find a member that every object has.
  Object.hasOwn(row.serviceTierPercent, serviceTier)
    ? row.serviceTierPercent[serviceTier]
    : isStandardTier(serviceTier)
      ? 100
      : undefined;

/** The service tier to name in a request: only models whose price row prices tiers are sent one. */
export function requestedServiceTier(model: Model, atMs: number): string | undefined {
  return Object.keys(priceRowAt(model, atMs).serviceTierPercent).length > 0 ? model.serviceTier : undefined;
}

/** Has the tier that served a call a price of its own? */
export const isServiceTierPriced = (model: Model, atMs: number, serviceTier: string): boolean =>
  serviceTierPercent(priceRowAt(model, atMs), serviceTier) !== undefined;
