import { createCatalog, ModelSpec, type Model } from '@pressroom/catalog';
import { describe, expect, it } from 'vitest';
import { listCandidates, type CandidateQuery } from './list-candidates.ts';

const catalog = createCatalog({
  extraModels: [
    {
      provider: 'local',
      spec: ModelSpec.parse({
        id: 'llama',
        tier: 'T2',
        contextTokens: 8_000,
        maxOutputTokens: 2_000,
        prices: { input: 0, output: 0 },
      }),
    },
  ],
});
const list = (part: Partial<CandidateQuery>) => {
  const listed = listCandidates(
    {
      tier: 'T2',
      atMs: Date.parse('2026-11-20'),
      mayDegrade: true,
      isConfigured: () => true,
      fits: () => true,
      ...part,
    },
    catalog,
  );
  return listed.outcome === 'candidates'
    ? listed.candidates.map(({ model, degraded }) => `${model.id}${degraded ? ' (degraded)' : ''}`)
    : listed.outcome;
};
const only = (...providers: string[]) => ({ isConfigured: (model: Model) => providers.includes(model.provider) });

describe('listCandidates', () => {
  it('lists the tier in its order, then lower tiers', () => {
    expect(list({})).toEqual([
      'gpt-6.1-terra',
      'claude-sonnet-5-5',
      'llama',
      'gpt-6-luna (degraded)',
      'claude-haiku-5-5 (degraded)',
    ]);
  });

  it('leaves out providers that are not configured', () => {
    expect(list(only('anthropic'))).toEqual(['claude-sonnet-5-5', 'claude-haiku-5-5 (degraded)']);
  });

  it('leaves out models whose context is too small for the call', () => {
    expect(list({ fits: (model) => model.contextTokens > 10_000, ...only('local', 'anthropic') })).toEqual([
      'claude-sonnet-5-5',
      'claude-haiku-5-5 (degraded)',
    ]);
  });

  it('lists only the tier when it may not degrade', () => {
    expect(list({ mayDegrade: false, ...only('openai') })).toEqual(['gpt-6.1-terra']);
  });

  it('uses a higher tier only when no model is configured at or below', () => {
    expect(list({ tier: 'T1', ...only('local') })).toEqual(['llama']);
    expect(list({ tier: 'T1', ...only('local', 'openai') })).toEqual(['gpt-6-luna']);
  });

  it('distinguishes a call that is too long from one without a configured model', () => {
    expect(list({ fits: () => false })).toBe('too_long');
    expect(list(only())).toBe('none');
  });
});
