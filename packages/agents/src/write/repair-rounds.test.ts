import type { Quality } from '@pressroom/contracts';
import type { QualityFinding } from '@pressroom/pipelines';
import { describe, expect, it } from 'vitest';
import { aStepContext } from '../../test/support/a-step-context.ts';
import { Failure } from '../../test/support/failure.ts';
import { scriptedLlm } from '../../test/support/scripted-llm.ts';
import { repairRounds } from './repair-rounds.ts';

const aFinding = (severity: 'error' | 'warning'): QualityFinding => ({
  code: severity === 'error' ? 'STYLE_PHRASE' : 'STYLE_SENTENCE_LENGTH',
  severity,
  kind: 'style',
  part: '1',
  quote: '',
  message: '',
});
const errors = (count: number): QualityFinding[] => Array.from({ length: count }, () => aFinding('error'));

/** A text is its number of errors; each round reduces it by the next value of `steps`. */
const repair = (quality: Quality, start: number, steps: (number | Error)[]) => {
  const context = aStepContext({ agent: 'write', input: {}, llm: scriptedLlm({}), quality });
  return repairRounds(context, start, errors, async (value, _findings, round) => {
    await Promise.resolve();
    const step = steps[round - 1] ?? 0;
    if (step instanceof Error) throw step;
    return value - step;
  });
};

describe('repairRounds', () => {
  it('makes no call for a text without findings', async () => {
    await expect(repair('premium', 0, [])).resolves.toMatchObject({ value: 0, rounds: 0 });
  });

  it.each<{ quality: Quality; rounds: number; value: number }>([
    { quality: 'economy', rounds: 0, value: 3 },
    { quality: 'balanced', rounds: 1, value: 2 },
    { quality: 'premium', rounds: 2, value: 1 },
  ])('has $rounds rounds at $quality quality', async ({ quality, rounds, value }) => {
    await expect(repair(quality, 3, [1, 1, 1])).resolves.toMatchObject({ rounds, value });
  });

  it('keeps the previous text when a round does not reduce the findings', async () => {
    await expect(repair('premium', 2, [-1])).resolves.toMatchObject({ value: 2, rounds: 1, limitations: [] });
    await expect(repair('premium', 2, [0])).resolves.toMatchObject({ value: 2, rounds: 1 });
  });

  it('repairs warnings only at premium quality', async () => {
    const run = (quality: Quality) =>
      repairRounds(
        aStepContext({ agent: 'write', input: {}, llm: scriptedLlm({}), quality }),
        1,
        (value) => Array.from({ length: value }, () => aFinding('warning')),
        (value) => Promise.resolve(value - 1),
      );
    await expect(run('balanced')).resolves.toMatchObject({ value: 1, rounds: 0 });
    await expect(run('premium')).resolves.toMatchObject({ value: 0, rounds: 1 });
  });

  it('keeps the text when a round fails, with a limitation', async () => {
    await expect(repair('balanced', 1, [new Failure('BUDGET_EXHAUSTED')])).resolves.toMatchObject({
      value: 1,
      limitations: [{ code: 'BUDGET_EXHAUSTED' }],
    });
    await expect(repair('balanced', 1, [new Failure('OUTPUT_INVALID', true)])).resolves.toMatchObject({
      limitations: [{ code: 'REFINE_SKIPPED' }],
    });
  });

  it('throws errors that another attempt may not meet', async () => {
    await expect(repair('balanced', 1, [new Failure('PROVIDER_UNAVAILABLE', true)])).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
    });
  });
});
