import type { HeadlinesInput, Quality } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import { aStepContext } from '../../test/support/a-step-context.ts';
import { Failure } from '../../test/support/failure.ts';
import { scriptedLlm } from '../../test/support/scripted-llm.ts';
import { headlinesForm } from './headlines-form.ts';

const input: HeadlinesInput = {
  topic: 'Street trees',
  text: 'Trees cool a street by 3 degrees.',
  count: 3,
  maxCharacters: 40,
};
const reply = (...texts: string[]) => ({ headlines: texts.map((text) => ({ text, angle: 'an angle' })) });
const GOOD = ['Trees cool a street by 3 degrees', 'What shade is worth', 'Planting against the heat'];
const run = (answers: Record<string, unknown>, given: Partial<HeadlinesInput> = {}, quality: Quality = 'balanced') => {
  const llm = scriptedLlm(answers);
  const context = aStepContext({ agent: 'write', key: 'headlines', llm, input: { ...input, ...given }, quality });
  return { llm, outcome: headlinesForm.run(context) };
};
const texts = (output: Record<string, unknown>) => (output['headlines'] as { text: string }[]).map(({ text }) => text);

describe('headlines', () => {
  it('are all written in one call', async () => {
    const { llm, outcome } = run({ headlines: reply(...GOOD) });
    const { output, limitations } = await outcome;
    expect({ texts: texts(output), limitations, paths: llm.paths() }).toEqual({
      texts: GOOD,
      limitations: [],
      paths: ['headlines'],
    });
    expect(llm.promptOf('headlines')).toContain('headlines="3" characters="40"');
  });

  it('requests replacements only for unusable headlines, with the reason', async () => {
    const { llm, outcome } = run({
      headlines: reply(
        '"Trees cool a street by 3 degrees."',
        'TREES COOL A STREET BY 3 DEGREES',
        'Trees cool a street by 9 degrees',
      ),
      'headlines/2': reply('What shade is worth', 'Planting against the heat'),
    });
    expect(texts((await outcome).output)).toEqual(GOOD);
    const asked = llm.promptOf('headlines/2');
    expect(asked).toContain('Write 2 more headlines');
    expect(asked).toContain('it repeats "Trees cool a street by 3 degrees".');
    expect(asked).toContain('the given text does not state 9');
  });

  it.each<{ quality: Quality; calls: number }>([
    { quality: 'economy', calls: 1 },
    { quality: 'balanced', calls: 2 },
    { quality: 'premium', calls: 3 },
  ])('stops after $calls calls at $quality quality and reports the missing headlines', async ({ quality, calls }) => {
    const same = reply('What shade is worth');
    const { llm, outcome } = run({ headlines: same, 'headlines/2': same, 'headlines/3': same }, {}, quality);
    const { output, limitations } = await outcome;
    expect(texts(output)).toEqual(['What shade is worth']);
    expect(limitations).toMatchObject([{ code: 'VARIANTS_MISSING', message: '1 of 3 headlines were written.' }]);
    expect(llm.calls).toHaveLength(calls);
  });

  it('keeps the usable headlines when a further call fails', async () => {
    const { outcome } = run({
      headlines: reply('What shade is worth'),
      'headlines/2': new Failure('BUDGET_EXHAUSTED'),
    });
    await expect(outcome).resolves.toMatchObject({ output: { rounds: 0 } });
  });

  it('rejects a reply without a usable headline', async () => {
    const long = 'A headline that has far too many words and does not come to any end';
    await expect(run({ headlines: reply(long) }).outcome).rejects.toMatchObject({ code: 'OUTPUT_INVALID' });
  });

  it('reads only the start of a long text and reports it', async () => {
    const { llm, outcome } = run(
      { headlines: reply(...GOOD) },
      { text: `Trees cool by 3 degrees. ${'More. '.repeat(6_000)}` },
    );
    expect((await outcome).limitations).toMatchObject([{ code: 'SOURCE_SKIPPED' }]);
    expect(llm.promptOf('headlines').length).toBeLessThan(31_000);
  });
});
