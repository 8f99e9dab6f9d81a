import { createCatalog, type Catalog } from '@pressroom/catalog';
import type { LlmConfig } from './llm-config.ts';

/**
 * Builds the catalogue of a configuration: built-in models plus those of its endpoints.
 *
 * @throws {CatalogInvalidError} with all problems
 */
export function catalogFromConfig(config: Pick<LlmConfig, 'providers' | 'tiers' | 'baseline' | 'purposes'>): Catalog {
  const extraModels = config.providers.flatMap((provider) =>
    provider.kind === 'openai-compatible' ? provider.models.map((spec) => ({ provider: provider.name, spec })) : [],
  );
  return createCatalog({
    extraModels,
    tiers: config.tiers,
    purposes: config.purposes,
    ...(config.baseline !== undefined && { baseline: config.baseline }),
  });
}
