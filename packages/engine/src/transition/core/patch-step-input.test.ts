import { describe, expect, it } from 'vitest';

import { patchStepInput, stepPayload } from './patch-step-input.ts';

const INPUT = { topic: 'Trees', sources: [{ url: 'https://gone.example/' }] };

describe('patchStepInput', () => {
  it('changes parameters and leaves the input to the task', () => {
    expect(patchStepInput({ part: 2 }, INPUT, { part: 3 })).toEqual({
      outcome: 'patched',
      params: { part: 3 },
      input: INPUT,
      inputChanged: false,
    });
  });

  it('gives the step an input of its own when the patch names it', () => {
    expect(patchStepInput({}, INPUT, { input: { sources: null } })).toEqual({
      outcome: 'patched',
      params: { $input: { topic: 'Trees' } },
      input: { topic: 'Trees' },
      inputChanged: true,
    });
  });

  it('patches the input that an earlier patch made', () => {
    const patched = patchStepInput({ $input: { topic: 'Oaks' } }, INPUT, { input: { tone: 'dry' } });
    expect(patched).toMatchObject({ params: { $input: { topic: 'Oaks', tone: 'dry' } } });
  });

  it('keeps the input that an earlier patch made when this one does not name it', () => {
    const patched = patchStepInput({ part: 1, $input: { topic: 'Oaks' } }, INPUT, { part: 2 });
    expect(patched).toMatchObject({ params: { part: 2, $input: { topic: 'Oaks' } }, inputChanged: false });
  });

  it('refuses fields that the step is not given, and names the ones it is', () => {
    expect(patchStepInput({ part: 2, $input: INPUT }, INPUT, { inputt: {}, budgetUsd: '2', part: 3 })).toEqual({
      outcome: 'unknown_fields',
      fields: ['inputt', 'budgetUsd'],
      known: ['part', 'input'],
    });
  });

  it.each([[null], ['text'], [[1]]])('refuses an input that is %j', (input) => {
    expect(patchStepInput({}, INPUT, { input })).toEqual({ outcome: 'not_an_object' });
  });
});

describe('stepPayload', () => {
  it('shows the input that the step sees', () => {
    expect(stepPayload({ part: 1 }, INPUT)).toEqual({ part: 1, input: INPUT });
    expect(stepPayload({ part: 1, $input: { topic: 'Oaks' } }, INPUT)).toEqual({ part: 1, input: { topic: 'Oaks' } });
  });
});
