import { CatalogInvalidError } from '@pressroom/catalog';
import { describe, expect, it } from 'vitest';
import { catalogFromConfig } from './catalog-from-config.ts';
import { LlmConfig } from './llm-config.ts';

const vllm = {
  name: 'local-vllm',
  kind: 'openai-compatible',
  baseURL: 'http://127.0.0.1:8000/v1',
  models: [
    { id: 'llama', tier: 'T1', contextTokens: 32_000, maxOutputTokens: 4_000, prices: { input: '0.05', output: 0.1 } },
  ],
};

describe('LlmConfig', () => {
  it('accepts an empty object', () => {
    expect(LlmConfig.parse({})).toMatchObject({
      providers: [],
      gateway: { retry: { triesPerModel: 2 }, firstEventTimeoutMs: 30_000 },
    });
  });

  it('joins vendors and endpoints into one catalogue', () => {
    const config = LlmConfig.parse({
      providers: [{ kind: 'openai', apiKey: 'k' }, { kind: 'anthropic', apiKey: 'k', simulated: true }, vllm],
      tiers: { T2: ['llama', 'claude-sonnet-5-5'] },
    });
    expect(config.providers.map(({ name, simulated }) => [name, simulated])).toEqual([
      ['openai', false],
      ['anthropic', true],
      ['local-vllm', false],
    ]);
    const catalog = catalogFromConfig(config);
    expect(catalog.candidates('T1', 0).map((model) => model.ref)).toContain('local-vllm/llama');
    expect(catalog.candidates('T2', 0).map((model) => model.ref)).toEqual([
      'local-vllm/llama',
      'anthropic/claude-sonnet-5-5',
    ]);
  });

  it.each([
    {
      title: 'an endpoint’s model without prices',
      change: { providers: [{ ...vllm, models: [{ ...vllm.models[0], prices: undefined }] }] },
      at: 'providers.0.models.0.prices',
    },
    {
      title: 'an endpoint with the name of a vendor',
      change: { providers: [{ ...vllm, name: 'openai' }] },
      at: 'providers.0.name',
    },
    { title: 'two providers with the same name', change: { providers: [vllm, vllm] }, at: 'providers.1.name' },
    { title: 'a vendor without a key', change: { providers: [{ kind: 'openai' }] }, at: 'providers.0.apiKey' },
    {
      title: 'an invalid URL',
      change: { providers: [{ ...vllm, baseURL: 'localhost' }] },
      at: 'providers.0.baseURL',
    },
    { title: 'a tier that does not exist', change: { tiers: { T4: ['x'] } }, at: 'tiers' },
  ])('rejects $title and names its path', ({ change, at }) => {
    const issues = LlmConfig.safeParse(change).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join('.'))).toContainEqual(expect.stringContaining(at));
  });

  it('does not check whether models exist, which the catalogue does', () => {
    const config = LlmConfig.parse({ tiers: { T1: ['nonesuch'] } });
    expect(() => catalogFromConfig(config)).toThrow(CatalogInvalidError);
  });
});
