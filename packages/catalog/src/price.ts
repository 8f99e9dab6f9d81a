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
