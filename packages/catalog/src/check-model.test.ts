import { describe, expect, it } from 'vitest';
import { buildModel } from './build-model.ts';
import { checkModel } from './check-model.ts';
import { ModelSpec } from './model-spec.ts';

const base = { id: 'm', contextTokens: 10_000, maxOutputTokens: 1_000 };
const check = (spec: Partial<ModelSpec>): string[] =>
  checkModel(buildModel('p', ModelSpec.parse({ ...base, prices: { input: '1', output: '4' }, ...spec })));

describe('checkModel', () => {
  it('accepts an ordinary model and a free one', () => {
    expect(check({})).toEqual([]);
    expect(check({ prices: { input: 0, output: 0 } })).toEqual([]);
  });

  it.each([
    {
      title: 'an hour of cache at twenty times five minutes',
      prices: { input: '0.25', output: '1.25', cacheRead: '0.03', cacheWrite: '0.30', cacheWrite1h: '6' },
      problem: 'an hour of cache costs more than two and a half times the input',
    },
    {
      title: 'an hour of cache at a third of five minutes',
      prices: { input: '15', output: '75', cacheRead: '1.50', cacheWrite: '18.75', cacheWrite1h: '6' },
      problem: 'an hour of cache costs less than five minutes',
    },
    {
      title: 'input at fifty times its price, above the output price',
      prices: { input: '2.5', output: '0.40' },
      problem: 'output is cheaper than input',
    },
    {
      title: 'a cache read above the plain input price',
      prices: { input: '1', output: '4', cacheRead: '1.1' },
      problem: 'a cache read costs more than plain input',
    },
    {
      title: 'bands out of order',
      prices: [
        {
          bands: [
            { upToPromptTokens: 200, input: '1', output: '2' },
            { upToPromptTokens: 100, input: '1', output: '2' },
            { input: '1', output: '2' },
          ],
        },
      ],
      problem: 'price bands must ascend by prompt length',
    },
    {
      title: 'a table without a band for the longest prompt',
      prices: [{ bands: [{ upToPromptTokens: 200, input: '1', output: '2' }] }],
      problem: 'the last price band must have no upper limit',
    },
    {
      title: 'two rows with the same date',
      prices: [
        { effectiveFrom: '2026-01-01', bands: [{ input: '1', output: '2' }] },
        { effectiveFrom: '2026-01-01', bands: [{ input: '2', output: '4' }] },
      ],
      problem: 'two price rows take effect at the same instant',
    },
  ])('rejects $title', ({ prices, problem }) => {
    expect(check({ prices })).toContain(`p/m: ${problem}`);
  });
});
