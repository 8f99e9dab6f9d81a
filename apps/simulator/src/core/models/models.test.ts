import { describe, expect, it } from 'vitest';
import { createModelTable, DEFAULT_MODELS } from './model-table.ts';
import { tierOfModel } from './tier-of-model.ts';

describe('tierOfModel', () => {
  it.each([
    ['gpt-6-luna', 'T1'],
    ['gpt-5.4-nano', 'T1'],
    ['claude-haiku-5-5', 'T1'],
    ['gpt-6.1-terra', 'T2'],
    ['claude-sonnet-5-5', 'T2'],
    ['gpt-6-sol', 'T3'],
    ['claude-opus-5-5', 'T3'],
    ['gpt-5-pro', 'T3'],
    ['something-new', 'T2'],
    // "prototype" does not contain the word "pro"
    ['prototype-2', 'T2'],
  ])('maps %s to %s', (model, tier) => {
    expect(tierOfModel(model)).toBe(tier);
  });

  it('follows the given rules, by word or by whole name', () => {
    const rules = [
      { word: 'local-llama', tier: 'T1' as const },
      { word: 'sol', tier: 'T2' as const },
    ];
    expect([tierOfModel('local-llama', rules), tierOfModel('gpt-6-sol', rules)]).toEqual(['T1', 'T2']);
  });
});

describe('createModelTable', () => {
  const table = createModelTable(DEFAULT_MODELS);

  it('finds dated snapshots and latest', () => {
    expect([
      table.find('openai', 'gpt-4o-2024-08-06')?.id,
      table.find('anthropic', 'claude-haiku-4-5-20251001')?.id,
    ]).toEqual(['gpt-4o', 'claude-haiku-4-5']);
  });

  it('separates the vendors and contains no model that was shut down', () => {
    expect([table.find('anthropic', 'gpt-4o'), table.find('openai', 'gpt-3.5-turbo')]).toEqual([undefined, undefined]);
  });
});
