import { describe, expect, it } from 'vitest';

import { patchStepInput, stepPayload } from './patch-step-input.ts';

const INPUT = { topic: 'Trees', sources: [{ url: 'https://gone.example/' }] };

describe('patchStepInput', () => {
  it('changes parameters and keeps the task’s input', () => {
    expect(patchStepInput({ part: 2 }, INPUT, { part: 3 })).toEqual({
      outcome: 'patched',
      params: { part: 3 },
      input: INPUT,
      inputChanged: false,
    });
  });

  it('replaces the step’s input when the patch contains it', () => {
    expect(patchStepInput({}, INPUT, { input: { sources: null } })).toEqual({
      outcome: 'patched',
      params: { $input: { topic: 'Trees' } },
      input: { topic: 'Trees' },
      inputChanged: true,
    });
  });

  it('patches the input of an earlier patch', () => {
    const patched = patchStepInput({ $input: { topic: 'Oaks' } }, INPUT, { input: { tone: 'dry' } });
    expect(patched).toMatchObject({ params: { $input: { topic: 'Oaks', tone: 'dry' } } });
  });

  it('keeps the input of an earlier patch when this one does not contain it', () => {
    const patched = patchStepInput({ part: 1, $input: { topic: 'Oaks' } }, INPUT, { part: 2 });
    expect(patched).toMatchObject({ params: { part: 2, $input: { topic: 'Oaks' } }, inputChanged: false });
  });

  it('rejects unknown fields, and lists the known ones', () => {
    expect(patchStepInput({ part: 2, $input: INPUT }, INPUT, { inputt: {}, budgetUsd: '2', part: 3 })).toEqual({
      outcome: 'unknown_fields',
      fields: ['inputt', 'budgetUsd'],
      known: ['part', 'input'],
    });
  });

  it.each([[null], ['text'], [[1]]])('rejects the input %j', (input) => {
    expect(patchStepInput({}, INPUT, { input })).toEqual({ outcome: 'not_an_object' });
  });
});

describe('stepPayload', () => {
  it('contains the input that the step sees', () => {
    expect(stepPayload({ part: 1 }, INPUT)).toEqual({ part: 1, input: INPUT });
    expect(stepPayload({ part: 1, $input: { topic: 'Oaks' } }, INPUT)).toEqual({ part: 1, input: { topic: 'Oaks' } });
  });
});
