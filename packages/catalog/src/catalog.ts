import { TIERS, type Tier } from '@pressroom/contracts';
import { contentHash } from '@pressroom/runtime';
import { buildModel } from './build-model.ts';
import { checkModel } from './check-model.ts';
import { ANTHROPIC_MODELS } from './data/anthropic.ts';
import { OPENAI_MODELS } from './data/openai.ts';
import { CatalogInvalidError, PriceUnknownError } from './errors.ts';
import { followLifecycle, shutdownWarnings, type ShutdownWarning } from './lifecycle.ts';
import type { Model } from './model.ts';
import { ModelSpec, type ParsedModelSpec } from './model-spec.ts';
import { DEFAULT_PURPOSES, type PurposePolicy } from './purposes.ts';
import { DEFAULT_TIERS, type TierTable } from './tiers.ts';

export interface CatalogOptions {
  /** Models of configured endpoints by provider name, each with explicit prices. */
  extraModels?: readonly { provider: string; spec: ParsedModelSpec }[];
  /** Replaces the candidates of these tiers; refs, or ids that only one provider has. */
  tiers?: Partial<TierTable>;
  /** Baseline model of savings; default: the first T3 candidate. */
  baseline?: string;
  /** Adds or replaces purposes. */
  purposes?: Readonly<Record<string, PurposePolicy>>;
}

export interface Catalog {
  /** Hash of all data that affects prices and routes; stored with every ledger row. */
  readonly version: string;
  readonly models: readonly Model[];
  readonly tiers: TierTable;
  /** By ref (`openai/gpt-6-luna`), or by an id that only one provider has. */
  find(model: string): Model | undefined;
  /** @throws {PriceUnknownError} for a model that is not in the catalogue */
  require(model: string): Model;
  /** A tier's candidates at a given time, best first; models after their shutdown are replaced or omitted. */
  candidates(tier: Tier, atMs: number): Model[];
  /**
   * Baseline of savings: the configured one, else the first T3 candidate that `isAvailable` accepts, so that savings refer to
   * a model that this installation can use; else the first T3 candidate.
   */
  baseline(atMs: number, isAvailable?: (model: Model) => boolean): Model;
  purpose(name: string): PurposePolicy | undefined;
  /** Models in use (tiers and baseline) whose shutdown is within 60 days or has passed. */
  warnings(atMs: number): ShutdownWarning[];
}

/**
 * Merges the built-in models with configured ones. Pure.
 *
 * @throws {CatalogInvalidError} with all problems: implausible prices, unknown models in a tier, duplicate names
 */
export function createCatalog(options: CatalogOptions = {}): Catalog {
  const problems: string[] = [];
  const models = [
    ...builtInModels(),
    ...(options.extraModels ?? []).map(({ provider, spec }) => buildModel(provider, spec)),
  ];
  const byRef = new Map<string, Model>();
  for (const model of models) {
    if (byRef.has(model.ref)) problems.push(`${model.ref} is defined twice`);
    byRef.set(model.ref, model);
    problems.push(...checkModel(model));
  }

  const find = (name: string): Model | undefined => {
    const exact = byRef.get(name);
    if (exact) return exact;
    const sameId = models.filter((model) => model.id === name);
    return sameId.length === 1 ? sameId[0] : undefined;
  };

  const tiers = joinTiers(models, options.tiers ?? {});
  for (const tier of TIERS) {
    if (tiers[tier].length === 0) problems.push(`tier ${tier} has no models`);
    for (const name of tiers[tier]) if (!find(name)) problems.push(`tier ${tier} names the unknown model ${name}`);
  }
  if (options.baseline !== undefined && !find(options.baseline))
    problems.push(`unknown baseline model ${options.baseline}`);
  if (problems.length > 0) throw new CatalogInvalidError(problems);

  const purposes = joinPurposes(options.purposes ?? {});
  const require = (name: string): Model => {
    const model = find(name);
    if (!model) throw new PriceUnknownError(name);
    return model;
  };
  const candidates = (tier: Tier, atMs: number): Model[] => {
    const alive = tiers[tier].map((name) => followLifecycle(require(name), atMs, find));
    return [...new Set(alive.filter((model) => model !== undefined))];
  };

  return {
    version: contentHash({ models, tiers, baseline: options.baseline, purposes }),
    models,
    tiers,
    find,
    require,
    candidates,
    baseline: (atMs, isAvailable = () => true) => {
      if (options.baseline !== undefined) return require(options.baseline);
      const strong = candidates('T3', atMs);
      return strong.find(isAvailable) ?? strong[0] ?? require(tiers.T3[0] ?? '');
    },
    purpose: (name) => (Object.hasOwn(purposes, name) ? purposes[name] : undefined),
    warnings: (atMs) => {
      const used = new Set([
        ...TIERS.flatMap((tier) => tiers[tier]),
        ...(options.baseline === undefined ? [] : [options.baseline]),
      ]);
      return shutdownWarnings([...used].map(require), atMs);
    },
  };
}

function builtInModels(): Model[] {
  return [
    ...OPENAI_MODELS.map((spec) => buildModel('openai', ModelSpec.parse(spec))),
    ...ANTHROPIC_MODELS.map((spec) => buildModel('anthropic', ModelSpec.parse(spec))),
  ];
}

function joinPurposes(overrides: Readonly<Record<string, PurposePolicy>>): Readonly<Record<string, PurposePolicy>> {
  const joined = Object.entries({ ...DEFAULT_PURPOSES, ...overrides });
  const builtIn = (name: string): PurposePolicy | undefined =>
    Object.hasOwn(DEFAULT_PURPOSES, name) ? DEFAULT_PURPOSES[name] : undefined;
  return Object.fromEntries(
    joined.map(([name, policy]) => [
      name,
      { ...policy, cacheable: policy.cacheable ?? builtIn(name)?.cacheable ?? false },
    ]),
  );
}

function joinTiers(models: readonly Model[], overrides: Partial<TierTable>): TierTable {
  const join = (tier: Tier): readonly string[] => {
    if (overrides[tier]) return overrides[tier];
    return [...DEFAULT_TIERS[tier], ...models.filter((model) => model.tier === tier).map((model) => model.ref)];
  };
  return { T1: join('T1'), T2: join('T2'), T3: join('T3') };
}
