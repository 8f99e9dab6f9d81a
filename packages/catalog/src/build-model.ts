import type { z } from 'zod';
import type { Model, PriceBand, PriceRow } from './model.ts';
import type { ParsedModelSpec, PriceBandSpec, PriceRowSpec } from './model-spec.ts';

/** Builds a model of the named provider from a parsed specification and fills in derived values. */
export function buildModel(provider: string, spec: ParsedModelSpec): Model {
  const rows = Array.isArray(spec.prices)
    ? spec.prices.map(buildRow)
    : [buildRow({ bands: [spec.prices], batchPercent: 50, serviceTiers: {} })];
  const prices = rows.sort((a, b) => a.effectiveFromMs - b.effectiveFromMs);
  return {
    ref: `${provider}/${spec.id}`,
    provider,
    id: spec.id,
    contextTokens: spec.contextTokens,
    maxPromptTokens: spec.maxPromptTokens ?? spec.contextTokens,
    maxOutputTokens: spec.maxOutputTokens,
    schemaMode: spec.schemaMode,
    sampling: spec.sampling,
    reasoningOff: spec.reasoningOff,
    minCacheablePrefixTokens: spec.minCacheablePrefixTokens,
    tokenizerPermille: spec.tokenizerPermille,
    shutdownAtMs: spec.shutdownAt,
    replacement: spec.replacement === undefined ? undefined : qualify(provider, spec.replacement),
    serviceTier: spec.serviceTier,
    tier: spec.tier,
    prices: prices as [PriceRow, ...PriceRow[]],
    source: spec.source,
  };
}

function buildRow(row: z.output<typeof PriceRowSpec>): PriceRow {
  return {
    effectiveFromMs: row.effectiveFrom ?? 0,
    bands: row.bands.map(buildBand) as [PriceBand, ...PriceBand[]],
    batchPercent: row.batchPercent,
    serviceTierPercent: row.serviceTiers,
  };
}

function buildBand(band: z.output<typeof PriceBandSpec>): PriceBand {
  const cacheWrite5m = band.cacheWrite ?? band.input;
  return {
    upToPromptTokens: band.upToPromptTokens,
    input: band.input,
    output: band.output,
    cacheRead: band.cacheRead ?? band.input,
    cacheWrite5m,
    cacheWrite1h: band.cacheWrite1h ?? cacheWrite5m,
  };
}

const qualify = (provider: string, model: string): string => (model.includes('/') ? model : `${provider}/${model}`);
