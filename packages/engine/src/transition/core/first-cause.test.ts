import { aLockedStep } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import { causeOf, firstCause } from './first-cause.ts';

const REFUSED = { code: 'PROVIDER_REFUSED', message: 'openai refused to answer' };
const INVALID = { code: 'OUTPUT_INVALID', message: 'no valid reply' };
const MISSING = { code: 'STEP_INPUT_INVALID', message: 'no section was drafted' };
const aStep = (key: string, facts: Partial<Parameters<typeof aLockedStep>[0]> = {}) => aLockedStep({ key, ...facts });

describe('firstCause', () => {
  it('is the skipped or dead-lettered step that ended first', () => {
    const steps = [
      aStep('draft-2', { status: 'skipped', error: INVALID, endedAtMs: 2 }),
      aStep('draft-1', { status: 'skipped', error: REFUSED, endedAtMs: 1 }),
      aStep('research', { status: 'completed', error: INVALID, endedAtMs: 0 }),
      aStep('draft-3', { status: 'ready', error: INVALID }),
    ];
    expect(firstCause(steps)).toEqual({ stepKey: 'draft-1', ...REFUSED });
    expect(firstCause(steps.slice(2))).toBeUndefined();
  });
});

describe('causeOf', () => {
  const steps = [
    aStep('outline', { status: 'completed' }),
    aStep('draft-1', { status: 'skipped', deps: ['outline'], error: REFUSED, endedAtMs: 1 }),
    aStep('check', { status: 'completed', deps: ['draft-1'], endedAtMs: 2 }),
    aStep('other', { status: 'skipped', error: INVALID, endedAtMs: 0 }),
  ];
  const refine = aStep('refine', { deps: ['check'] });

  it('is a direct or transitive dependency when the step’s input is missing', () => {
    expect(causeOf(refine, MISSING, steps)).toEqual({ stepKey: 'draft-1', ...REFUSED });
  });

  it('is undefined for a failure of the step itself, or when no dependency failed', () => {
    expect(causeOf(refine, INVALID, steps)).toBeUndefined();
    expect(causeOf(aStep('refine', { deps: ['outline'] }), MISSING, steps)).toBeUndefined();
  });
});
