import type { Classification, ClassifyInput, Quality } from '@pressroom/contracts';
import { describe, expect, it } from 'vitest';
import { aStepContext } from '../../test/support/a-step-context.ts';
import { Failure } from '../../test/support/failure.ts';
import { scriptedLlm } from '../../test/support/scripted-llm.ts';
import { classifyForm } from './classify-form.ts';

const input: ClassifyInput = {
  text: 'My parcel has not arrived. Where “on earth” is it?',
  labels: [{ name: 'Delivery', description: 'Late parcels.' }, { name: 'Payment' }, { name: 'Praise' }],
};
const label = (name: string, confidence = 0.9, quote = 'My parcel has not arrived.') => ({
  name,
  confidence,
  quote,
  reason: 'It says so.',
});
const reply = (...labels: Classification['labels']): Classification => ({ labels });
const run = (answers: Record<string, unknown>, given: Partial<ClassifyInput> = {}, quality: Quality = 'balanced') => {
  const llm = scriptedLlm(answers);
  const context = aStepContext({ agent: 'write', key: 'classify', llm, input: { ...input, ...given }, quality });
  return { llm, outcome: classifyForm.run(context) };
};

describe('classify', () => {
  it('returns a confident label by its given name, with the deciding passage', async () => {
    const { llm, outcome } = run({ classify: reply(label('delivery ', 0.9, 'Where "on earth" is it?')) });
    await expect(outcome).resolves.toEqual({
      output: {
        labels: [{ name: 'Delivery', confidence: 0.9, quote: 'Where “on earth” is it?', reason: 'It says so.' }],
        rounds: 0,
      },
      limitations: [],
    });
    expect(llm.paths()).toEqual(['classify']);
    expect(llm.calls[0]?.system).toContain('- Delivery: Late parcels.');
  });

  it.each([
    { title: 'a label that was not given', labels: [label('Complaint')] },
    { title: 'no label where one is expected', labels: [] },
    { title: 'two labels where one is expected', labels: [label('Delivery'), label('Payment')] },
    { title: 'an invalid confidence', labels: [label('Delivery', 90)] },
  ])('rejects $title', async ({ labels }) => {
    await expect(run({ classify: reply(...labels) }).outcome).rejects.toMatchObject({ code: 'OUTPUT_INVALID' });
  });

  it.each<{ quality: Quality; confidence: number; asks: boolean }>([
    { quality: 'economy', confidence: 0.2, asks: false },
    { quality: 'balanced', confidence: 0.55, asks: true },
    { quality: 'balanced', confidence: 0.7, asks: false },
    { quality: 'premium', confidence: 0.7, asks: true },
  ])(
    'at $quality quality and confidence $confidence asks a larger model: $asks',
    async ({ quality, confidence, asks }) => {
      const answers = {
        classify: reply(label('Payment', confidence)),
        'classify-again': reply(label('Delivery', 0.95)),
      };
      const { llm, outcome } = run(answers, {}, quality);
      const { output } = await outcome;
      expect(llm.paths()).toEqual(asks ? ['classify', 'classify-again'] : ['classify']);
      expect((output['labels'] as { name: string }[])[0]?.name).toBe(asks ? 'Delivery' : 'Payment');
    },
  );

  it('decides again when the quote does not occur in the text, and returns no false quote', async () => {
    const invented = reply(label('Delivery', 0.95, 'The parcel is lost.'));
    const { llm, outcome } = run({ classify: invented, 'classify-again': invented });
    await expect(outcome).resolves.toMatchObject({ output: { labels: [{ quote: '' }], rounds: 1 } });
    expect(llm.calls.map(({ purpose }) => purpose)).toEqual(['classify', 'classify-again']);
  });

  it('keeps the first decision when the second call fails', async () => {
    const { outcome } = run({
      classify: reply(label('Payment', 0.4)),
      'classify-again': new Failure('BUDGET_EXHAUSTED'),
    });
    await expect(outcome).resolves.toMatchObject({
      output: { labels: [{ name: 'Payment' }], rounds: 0 },
      limitations: [{ code: 'LABEL_UNCERTAIN', message: 'Low confidence, below 50 %: Payment.' }],
    });
  });

  it('returns any number of labels where any may apply, by descending confidence', async () => {
    const answer = reply(label('Payment', 0.7), label('Delivery', 0.9));
    const { outcome } = run({ classify: answer }, { multi: true });
    const { output } = await outcome;
    expect((output['labels'] as { name: string }[]).map(({ name }) => name)).toEqual(['Delivery', 'Payment']);
    await expect(run({ classify: reply() }, { multi: true }).outcome).resolves.toMatchObject({
      output: { labels: [] },
    });
  });
});
