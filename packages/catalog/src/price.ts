import type { Model, PriceBand, PriceRow } from './model.ts';

/**
 * The price row in force at a given time. Before the first row it is the first one: a call cannot precede the model, so the
 * clock is wrong, and the oldest price is a better estimate than an error.
 */
export function priceRowAt(model: Model, atMs: number): PriceRow {
  return model.prices.findLast((row) => row.effectiveFromMs <= atMs) ?? model.prices[0];
}

/**
 * The band for a whole request.
 *
 * @param promptTokens all prompt tokens, including cache reads and writes
 */
export function bandFor(row: PriceRow, promptTokens: number): PriceBand {
  return row.bands.find((band) => promptTokens <= (band.upToPromptTokens ?? Infinity)) ?? row.bands[0];
}

/** The providers' names of the standard tier. */
const STANDARD_TIERS: ReadonlySet<string> = new Set(['default', 'standard', 'auto', 'standard_only']);

export const isStandardTier = (serviceTier: string): boolean => STANDARD_TIERS.has(serviceTier);

/**
 * Price of a service tier as a percentage of the standard price.
 *
 * @returns `undefined` when the row has no price for it
 */
export const serviceTierPercent = (row: PriceRow, serviceTier: string): number | undefined =>
  // The tier comes from the provider's reply: `constructor` must not match an inherited property.
  Object.hasOwn(row.serviceTierPercent, serviceTier)
    ? row.serviceTierPercent[serviceTier]
    : isStandardTier(serviceTier)
      ? 100
      : undefined;

/** The service tier to request: only for models whose price row prices tiers. */
export function requestedServiceTier(model: Model, atMs: number): string | undefined {
  return Object.keys(priceRowAt(model, atMs).serviceTierPercent).length > 0 ? model.serviceTier : undefined;
}

/** Whether the tier that served a call has a price. */
export const isServiceTierPriced = (model: Model, atMs: number, serviceTier: string): boolean =>
  serviceTierPercent(priceRowAt(model, atMs), serviceTier) !== undefined;
