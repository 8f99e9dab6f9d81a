import type { TaskChange, TaskSnapshot, TaskTransitionStore } from '@pressroom/db';
import type { Pipeline } from '@pressroom/pipelines';
import { silentLogger } from '@pressroom/runtime';
import { aLockedStep, aPipeline, aSnapshot } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import { createTaskTransitions } from './task-transitions.ts';

/** A store with one task that records changes. */
function start(snapshot: TaskSnapshot | undefined, pipeline: Pipeline | undefined = aPipeline()) {
  const written: TaskChange[] = [];
  const store: TaskTransitionStore = {
    change(_taskId, tenantId, decide) {
      if (!snapshot || (tenantId !== null && tenantId !== snapshot.task.tenantId)) {
        return Promise.resolve({ found: false, change: undefined });
      }
      const change = decide(snapshot);
      if (change) written.push(change);
      return Promise.resolve({ found: true, change });
    },
  };
  const transitions = createTaskTransitions({
    store,
    findPipeline: () => pipeline,
    random: () => 0.5,
    log: silentLogger(),
  });
  return { transitions, written };
}
const finished = (...statuses: ('completed' | 'skipped' | 'dead')[]) =>
  statuses.map((status, index) => aLockedStep({ key: `draft-${index + 1}`, status }));

describe('cancel', () => {
  it('cancels all open steps', async () => {
    const { transitions, written } = start(aSnapshot());
    expect(await transitions.cancel('task:1', 'tenant:1')).toEqual({ outcome: 'cancelled', status: 'cancelled' });
    expect(written).toMatchObject([
      {
        status: 'cancelled',
        steps: [{ status: 'cancelled' }],
        attempts: [{ outcome: 'cancelled' }],
        events: [{ type: 'task.cancelled' }],
      },
    ]);
  });

  it.each(['completed', 'partial', 'failed', 'cancelled'] as const)(
    'answers how it ended when it is %s',
    async (status) => {
      const { transitions, written } = start(aSnapshot({ task: { status } }));
      expect(await transitions.cancel('task:1', null)).toEqual({ outcome: 'already_finished', status });
      expect(written).toEqual([]);
    },
  );

  it('finds no task of another tenant', async () => {
    expect(await start(aSnapshot()).transitions.cancel('task:1', 'tenant:2')).toEqual({ outcome: 'not_found' });
    expect(await start(undefined).transitions.cancel('task:1', null)).toEqual({ outcome: 'not_found' });
  });
});

describe('fail', () => {
  const failure = {
    code: 'X',
    message: 'x',
    retryable: true,
    counts: true,
    retryAfterMs: 0,
    outcome: 'failed' as const,
  };

  it('returns the outcome for the step, or undefined when the attempt has ended', async () => {
    const { transitions } = start(aSnapshot());
    const report = { stepId: 'step:write', attempt: 1, sessionId: 'session:1', failure, costNano: 1n };
    expect(await transitions.fail('task:1', report)).toBe('retry');
    expect(await transitions.fail('task:1', { ...report, attempt: 2 })).toBeUndefined();
  });

  it('ends the task even when assembling its outputs throws', async () => {
    const pipeline = aPipeline({
      assemble: () => {
        throw new TypeError('outputs of an older version');
      },
    });
    const { transitions, written } = start(aSnapshot(), pipeline);
    const report = {
      stepId: 'step:write',
      attempt: 1,
      sessionId: 'session:1',
      failure: { ...failure, retryable: false },
      costNano: 1n,
    };
    expect(await transitions.fail('task:1', report)).toBe('task_ended');
    expect(written).toMatchObject([{ status: 'failed', error: { code: 'X' } }]);
  });
});

describe('exhaustStep', () => {
  const error = { code: 'STEP_TIMED_OUT', message: 'too long' };

  it('ends a running step with a record of its attempt', async () => {
    const { transitions, written } = start(aSnapshot());
    await transitions.exhaustStep('task:1', 'step:write', error);
    expect(written).toMatchObject([
      { status: 'failed', attempts: [{ outcome: 'failed', error }], deadLetters: [{ errorCode: 'STEP_TIMED_OUT' }] },
    ]);
  });

  it('records no attempt for a step that is not running', async () => {
    const { transitions, written } = start(aSnapshot({ steps: [aLockedStep({ key: 'write', status: 'ready' })] }));
    await transitions.exhaustStep('task:1', 'step:write', error);
    expect(written).toMatchObject([{ attempts: [], deadLetters: [{}] }]);
  });

  it.each([
    {
      title: 'a step that has ended',
      snapshot: aSnapshot({ steps: [aLockedStep({ key: 'write', status: 'completed' })] }),
    },
    { title: 'a task that has ended', snapshot: aSnapshot({ task: { status: 'cancelled' } }) },
    { title: 'an unknown step', snapshot: aSnapshot({ steps: [] }) },
  ])('leaves $title alone', async ({ snapshot }) => {
    const { transitions, written } = start(snapshot);
    await transitions.exhaustStep('task:1', 'step:write', error);
    expect(written).toEqual([]);
  });
});

describe('endAtDeadline', () => {
  it('ends the task with the available outputs', async () => {
    const { transitions, written } = start(aSnapshot({ task: { leftMs: 0 }, outputs: { 'draft-1': {} } }));
    await transitions.endAtDeadline('task:1');
    expect(written).toMatchObject([{ status: 'partial', limitations: [{ code: 'DEADLINE_REACHED' }, {}, {}] }]);
  });

  it.each([
    { title: 'whose deadline has moved', snapshot: aSnapshot({ task: { leftMs: 1 } }) },
    { title: 'that has ended', snapshot: aSnapshot({ task: { leftMs: -1, status: 'completed' } }) },
  ])('leaves a task alone $title', async ({ snapshot }) => {
    const { transitions, written } = start(snapshot);
    await transitions.endAtDeadline('task:1');
    expect(written).toEqual([]);
  });
});

describe('finish', () => {
  it.each([
    {
      title: 'completed when every step is',
      steps: finished('completed', 'completed'),
      outputs: {},
      status: 'completed',
    },
    {
      title: 'partial when an output is missing',
      steps: finished('completed', 'skipped'),
      outputs: { 'draft-1': {} },
      status: 'partial',
    },
    { title: 'failed when nothing is usable', steps: finished('skipped', 'skipped'), outputs: {}, status: 'failed' },
  ])('ends a task $title', async ({ steps, outputs, status }) => {
    const { transitions, written } = start(aSnapshot({ steps, outputs }));
    await transitions.finish('task:1');
    expect(written).toMatchObject([{ status, events: [{ type: `task.${status}` }] }]);
  });

  it.each([
    {
      title: 'with an open step',
      snapshot: aSnapshot({ steps: [...finished('completed'), aLockedStep({ key: 'x' })] }),
    },
    { title: 'that has ended', snapshot: aSnapshot({ steps: finished('completed'), task: { status: 'completed' } }) },
  ])('leaves a task alone $title', async ({ snapshot }) => {
    const { transitions, written } = start(snapshot);
    await transitions.finish('task:1');
    expect(written).toEqual([]);
  });
});
