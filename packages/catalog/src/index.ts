export { createCatalog, type Catalog, type CatalogOptions } from './catalog.ts';
export { calculateBaseline, calculateCost, calculateWorstCase, promptTokens } from './cost.ts';
export { CatalogInvalidError, PriceUnknownError } from './errors.ts';
export { type ShutdownWarning } from './lifecycle.ts';
export type { Model, PriceBand, PriceRow, TokenUsage } from './model.ts';
export { ModelSpec, type ParsedModelSpec } from './model-spec.ts';
export { FALLBACK_PURPOSE, REASONING_ALLOWANCE_TOKENS, type PurposePolicy, type Reasoning } from './purposes.ts';
export { attributeSavings, type Savings } from './savings.ts';
export { shiftTier, tierForQuality, type TierTable } from './tiers.ts';
