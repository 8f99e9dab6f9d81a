import { describe, expect, it } from 'vitest';
import { ModelSpec, UsdPerMTok } from './model-spec.ts';

describe('UsdPerMTok', () => {
  it.each([
    { given: '0.125', pico: 125_000n },
    { given: 0.1, pico: 100_000n },
    { given: '12.5', pico: 12_500_000n },
    { given: 0, pico: 0n },
    { given: '0.000001', pico: 1n },
  ])('reads $given as $pico pico-dollars a token', ({ given, pico }) => {
    expect(UsdPerMTok.parse(given)).toBe(pico);
  });

  it.each(['0.0000001', '-1', '1e3', '', 0.0000001, -1, Number.NaN])('rejects %s instead of rounding it', (given) => {
    expect(UsdPerMTok.safeParse(given).success).toBe(false);
  });
});

describe('ModelSpec', () => {
  it('has no default for prices', () => {
    const outcome = ModelSpec.safeParse({ id: 'local', contextTokens: 8_000, maxOutputTokens: 1_000 });
    expect(outcome.error?.issues.map((issue) => issue.path[0])).toEqual(['prices']);
  });

  it('rejects an unknown field', () => {
    const spec = {
      id: 'local',
      contextTokens: 8_000,
      maxOutputTokens: 1_000,
      prices: { input: 1, output: 2, cacheReed: 1 },
    };
    expect(ModelSpec.safeParse(spec).success).toBe(false);
  });
});
