import { aLockedStep, aPipeline, aSnapshot } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import {
  cancelOpenSteps,
  emptyChange,
  endAtDeadline,
  finishWithAvailableOutputs,
  statusesAfter,
} from './decide-end.ts';

const steps = [
  aLockedStep({ key: 'done', status: 'completed' }),
  aLockedStep({ key: 'runs', attempt: 3 }),
  aLockedStep({ key: 'waits', status: 'pending' }),
];
const cause = { code: 'AGENT_BUG', message: 'no' };

describe('cancelOpenSteps', () => {
  it('cancels all open steps, and records running attempts', () => {
    const change = emptyChange();
    cancelOpenSteps(aSnapshot({ steps }), change);
    expect(change.steps).toEqual([
      { id: 'step:runs', status: 'cancelled' },
      { id: 'step:waits', status: 'cancelled' },
    ]);
    expect(change.attempts).toEqual([
      { stepId: 'step:runs', attempt: 3, sessionId: 'session:1', outcome: 'cancelled', costNano: 0n },
    ]);
  });

  it('does not cancel steps that the change has ended already', () => {
    const change = { ...emptyChange(), steps: [{ id: 'step:runs', status: 'dead' as const }] };
    cancelOpenSteps(aSnapshot({ steps }), change);
    expect(statusesAfter(steps, change.steps)).toEqual(
      new Map([
        ['step:done', 'completed'],
        ['step:runs', 'dead'],
        ['step:waits', 'cancelled'],
      ]),
    );
    expect(change.attempts).toEqual([]);
  });
});

describe('finishWithAvailableOutputs', () => {
  const end = (
    facts: Parameters<typeof aSnapshot>[0],
    pipeline: ReturnType<typeof aPipeline> | undefined = aPipeline(),
  ) => {
    const change = emptyChange();
    finishWithAvailableOutputs(aSnapshot(facts), change, pipeline, cause, [
      { code: 'DEADLINE_REACHED', message: 'late' },
    ]);
    return change;
  };

  it('ends as partial, with limitations, when the outputs make a document', () => {
    const change = end({ steps, outputs: { 'draft-1': {}, 'draft-3': {} } });
    expect(change).toMatchObject({
      status: 'partial',
      limitations: [{ code: 'DEADLINE_REACHED' }, { code: 'SECTION_MISSING', step: 'draft-2' }],
      events: [{ type: 'task.partial', data: {} }],
    });
    expect(change.error).toBeUndefined();
  });

  it.each([
    { title: 'there is no usable output', facts: { outputs: {} } },
    { title: 'the input has been deleted', facts: { outputs: { 'draft-1': {} }, task: { input: null } } },
  ])('ends failed, with the cause, when $title', ({ facts }) => {
    expect(end(facts)).toMatchObject({
      status: 'failed',
      error: cause,
      limitations: [{ code: 'DEADLINE_REACHED' }],
      events: [{ type: 'task.failed', data: { error: cause } }],
    });
  });

  it('adds no limitation twice', () => {
    const change = end({ task: { limitations: [{ code: 'DEADLINE_REACHED', message: 'late' }] } });
    expect(change.limitations).toEqual([]);
  });
});

describe('endAtDeadline', () => {
  it('names the deadline as the reason', () => {
    const change = emptyChange();
    endAtDeadline(aSnapshot(), change, aPipeline());
    expect(change).toMatchObject({
      status: 'failed',
      error: { code: 'TASK_DEADLINE_EXCEEDED' },
      limitations: [{ code: 'DEADLINE_REACHED' }],
    });
  });
});
