import { TIERS } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import { createCatalog } from './catalog.ts';
import { CatalogInvalidError, PriceUnknownError } from './errors.ts';
import { ModelSpec } from './model-spec.ts';
import { DEFAULT_PURPOSES } from './purposes.ts';

const NOW = Date.parse('2026-11-20T00:00:00Z');
const local = (spec: Partial<ModelSpec> = {}) => ({
  provider: 'local-vllm',
  spec: ModelSpec.parse({
    id: 'llama',
    contextTokens: 32_000,
    maxOutputTokens: 4_000,
    prices: { input: '0.05', output: '0.1' },
    ...spec,
  }),
});

describe('createCatalog', () => {
  it('contains current models of two providers in each tier', () => {
    const catalog = createCatalog();
    expect(TIERS.map((tier) => catalog.candidates(tier, NOW).map((model) => model.id))).toEqual([
      ['gpt-6-luna', 'claude-haiku-5-5'],
      ['gpt-6.1-terra', 'claude-sonnet-5-5'],
      ['gpt-6-sol', 'claude-opus-5-5'],
    ]);
  });

  it('gives every purpose a tier with room for a long prompt', () => {
    const catalog = createCatalog();
    for (const { tier } of Object.values(DEFAULT_PURPOSES)) {
      for (const model of catalog.candidates(tier, NOW)) expect(model.maxPromptTokens).toBeGreaterThan(500_000);
    }
  });

  it('rejects an unknown model instead of pricing it at zero', () => {
    expect(() => createCatalog().require('openai/gpt-7')).toThrow(PriceUnknownError);
  });

  it('has a version that depends only on data', () => {
    const plain = createCatalog({ extraModels: [local()] });
    expect(createCatalog({ extraModels: [local()] }).version).toBe(plain.version);
    expect(createCatalog({ extraModels: [local({ prices: { input: '0.06', output: '0.1' } })] }).version).not.toBe(
      plain.version,
    );
  });

  it('appends a configured model to its tier', () => {
    const catalog = createCatalog({ extraModels: [local({ tier: 'T1' })] });
    expect(catalog.candidates('T1', NOW).map((model) => model.ref)).toEqual([
      'openai/gpt-6-luna',
      'anthropic/claude-haiku-5-5',
      'local-vllm/llama',
    ]);
  });

  it('uses the configured order of a tier, by ref or by an unambiguous id', () => {
    const catalog = createCatalog({ extraModels: [local()], tiers: { T1: ['llama', 'openai/gpt-6-luna'] } });
    expect(catalog.candidates('T1', NOW).map((model) => model.ref)).toEqual(['local-vllm/llama', 'openai/gpt-6-luna']);
  });

  it('reports all configuration problems', () => {
    const build = () =>
      createCatalog({
        extraModels: [local(), local({ prices: { input: '2', output: '1' } })],
        tiers: { T2: ['nonesuch'], T3: [] },
        baseline: 'neither',
      });
    expect(build).toThrow(CatalogInvalidError);
    expect(build).toThrow(
      /defined twice.*output is cheaper.*T2 names the unknown model nonesuch.*T3 has no models.*unknown baseline model neither/,
    );
  });

  it('replaces a model after its shutdown', () => {
    const catalog = createCatalog({ tiers: { T1: ['gpt-4o-mini', 'gpt-6-luna'] } });
    const ids = (atMs: number): string[] => catalog.candidates('T1', atMs).map((model) => model.id);
    expect(ids(Date.parse('2027-01-13T23:59:59Z'))).toEqual(['gpt-4o-mini', 'gpt-6-luna']);
    expect(ids(Date.parse('2027-01-14T00:00:00Z'))).toEqual(['gpt-6-luna']);
  });

  it('drops a model that was shut down without a replacement', () => {
    const catalog = createCatalog({
      extraModels: [local({ shutdownAt: '2026-01-01' })],
      tiers: { T1: ['llama', 'gpt-6-luna'] },
    });
    expect(catalog.candidates('T1', NOW).map((model) => model.id)).toEqual(['gpt-6-luna']);
  });

  it('ends on circular replacements', () => {
    const catalog = createCatalog({
      extraModels: [
        local({ id: 'a', shutdownAt: '2026-01-01', replacement: 'b' }),
        local({ id: 'b', shutdownAt: '2026-01-01', replacement: 'a' }),
      ],
      tiers: { T1: ['a', 'gpt-6-luna'] },
    });
    expect(catalog.candidates('T1', NOW).map((model) => model.id)).toEqual(['gpt-6-luna']);
  });

  it('warns of models in use, sixty days before their shutdown', () => {
    const catalog = createCatalog({ tiers: { T1: ['gpt-4o-mini', 'gpt-6-luna'] } });
    expect(catalog.warnings(Date.parse('2026-11-14T00:00:00Z'))).toEqual([]);
    expect(catalog.warnings(Date.parse('2026-11-15T00:00:00Z'))).toEqual([
      {
        model: 'openai/gpt-4o-mini',
        shutdownAtMs: Date.parse('2027-01-14'),
        daysLeft: 60,
        replacement: 'openai/gpt-6-luna',
      },
    ]);
  });

  it('uses the strongest available model of the same generation as the baseline', () => {
    const catalog = createCatalog();
    expect(catalog.baseline(NOW).id).toBe('gpt-6-sol');
    expect(catalog.baseline(NOW, (model) => model.provider === 'anthropic').id).toBe('claude-opus-5-5');
    expect(catalog.baseline(NOW, () => false).id).toBe('gpt-6-sol');
  });

  it('uses the configured baseline even after its shutdown', () => {
    expect(createCatalog({ baseline: 'gpt-4-turbo' }).baseline(NOW, () => false).id).toBe('gpt-4-turbo');
  });
});
