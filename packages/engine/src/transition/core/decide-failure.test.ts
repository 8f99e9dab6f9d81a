import { aLockedStep, aPipeline, aSnapshot } from '@pressroom/testkit';
import { describe, expect, it } from 'vitest';

import type { StepFailure } from '../../attempt/core/step-failure.ts';
import type { LockedStep } from '@pressroom/db';
import { decideFailure, type FailureReport } from './decide-failure.ts';

const aFailure = (facts: Partial<StepFailure> = {}): StepFailure => ({
  code: 'PROVIDER_TIMED_OUT',
  message: 'no reply in time',
  retryable: true,
  counts: true,
  retryAfterMs: 0,
  outcome: 'failed',
  ...facts,
});
const aReport = (facts: Partial<FailureReport> = {}, failure: Partial<StepFailure> = {}): FailureReport => ({
  stepId: 'step:write',
  attempt: 1,
  sessionId: 'session:1',
  failure: aFailure(failure),
  costNano: 5n,
  random: 0.5,
  ...facts,
});
const pipeline = aPipeline();
const decide = (snapshot: ReturnType<typeof aSnapshot>, report = aReport()) =>
  decideFailure(snapshot, report, pipeline);

describe('decideFailure', () => {
  it.each([
    { title: 'of an earlier attempt', report: aReport({ attempt: 0 }) },
    { title: 'of a later attempt', report: aReport({ attempt: 2 }) },
    { title: 'of another session', report: aReport({ sessionId: 'session:2' }) },
    { title: 'of a step that is not in the task', report: aReport({ stepId: 'step:other' }) },
  ])('changes nothing for a report $title', ({ report }) => {
    expect(decide(aSnapshot(), report)).toBeUndefined();
  });

  it.each(['pending', 'ready', 'queued', 'waiting', 'completed', 'skipped', 'dead', 'cancelled'] as const)(
    'changes nothing for a step that is %s',
    (status) => {
      expect(decide(aSnapshot({ steps: [aLockedStep({ key: 'write', status })] }))).toBeUndefined();
    },
  );

  it.each(['completed', 'partial', 'failed', 'cancelled'] as const)(
    'changes nothing in a task that is %s',
    (status) => {
      expect(decide(aSnapshot({ task: { status } }))).toBeUndefined();
    },
  );

  describe('of a child process', () => {
    const crash = {
      code: 'STEP_CRASHED',
      message: 'SIGABRT, out of memory',
      counts: false,
      outcome: 'crashed' as const,
    };
    const after = (suspectDeaths: number, facts: Partial<LockedStep> = {}) =>
      decide(
        aSnapshot({ steps: [aLockedStep({ key: 'write', losses: 2, failures: 1, suspectDeaths, ...facts })] }),
        aReport({}, crash),
      );

    it('counts a crash of the step and retries after a backoff, independent of its failures', () => {
      expect(after(0)).toMatchObject({
        outcome: 'retry',
        steps: [{ status: 'ready', suspectDeaths: 1, delayMs: 50 }],
        attempts: [{ outcome: 'failed', error: { code: 'STEP_CRASHED' } }],
      });
      expect(after(1)).toMatchObject({ outcome: 'retry', steps: [{ suspectDeaths: 2, delayMs: 100 }] });
      expect(after(0, { failures: 3 })).toMatchObject({ outcome: 'retry' });
    });

    it('becomes a dead letter at the third crash, with the number of crashes and the last cause', () => {
      expect(after(2)).toMatchObject({
        outcome: 'task_ended',
        steps: [{ status: 'dead', suspectDeaths: 3 }],
        deadLetters: [
          {
            errorCode: 'STEP_CRASHED',
            message: 'the child process of this step crashed 3 times; last cause: SIGABRT, out of memory',
          },
        ],
      });
    });
  });

  describe('of a worker whose build does not know the step', () => {
    const refusal = { code: 'PIPELINE_UNKNOWN', message: 'no article 9', counts: false, outcome: 'refused' as const };
    const after = (refusals: LockedStep['refusals']) =>
      decide(aSnapshot({ steps: [aLockedStep({ key: 'write', refusals })] }), aReport({}, refusal));
    const WAIT_MS = 600_000;

    it('hands the step back without counting a failure, with growing delays', () => {
      expect(after(null)).toMatchObject({
        outcome: 'handed_back',
        steps: [{ status: 'ready', delayMs: 500, refusedBy: 'session:1' }],
        attempts: [{ outcome: 'handed_back' }],
        deadLetters: [],
      });
      expect(after({ by: ['session:1'], sinceMs: 8_000, others: [] })).toMatchObject({ steps: [{ delayMs: 4_000 }] });
      expect(after({ by: ['session:1'], sinceMs: WAIT_MS - 1, others: [] })).toMatchObject({
        outcome: 'handed_back',
        steps: [{ delayMs: 15_000 }],
      });
    });

    it('keeps waiting after that time while a live worker has not refused it', () => {
      expect(after({ by: ['session:1'], sinceMs: WAIT_MS, others: ['session:2'] })).toMatchObject({
        outcome: 'handed_back',
      });
    });

    it('becomes a dead letter after that time when every live worker has refused it', () => {
      const decision = after({ by: ['session:2'], sinceMs: WAIT_MS, others: ['session:1'] });
      expect(decision).toMatchObject({ outcome: 'task_ended', deadLetters: [{ errorCode: 'PIPELINE_UNKNOWN' }] });
      expect(decision?.deadLetters[0]?.message).toContain('every live worker of write.interactive has refused');
      expect(decision?.deadLetters[0]?.message).toContain('10 minutes');
    });
  });

  it('counts a loss and no failure for each step of a crashed process', () => {
    const handBack = { code: 'UNAVAILABLE', counts: false, outcome: 'handed_back' as const };
    expect(decide(aSnapshot(), aReport({}, { ...handBack, isLoss: true }))).toMatchObject({
      steps: [{ status: 'ready', losses: 1, failures: 0, delayMs: 0 }],
    });
    const plain = decide(aSnapshot(), aReport({}, handBack));
    expect(plain?.steps[0]).not.toHaveProperty('losses');
  });

  it('delays a handed-back step as requested', () => {
    const report = aReport({}, { code: 'UNAVAILABLE', counts: false, outcome: 'handed_back', retryAfterMs: 5_000 });
    expect(decide(aSnapshot(), report)).toMatchObject({ steps: [{ delayMs: 5_000 }] });
  });

  it('retries after a backoff, records the attempt with its cost, and adds an event', () => {
    expect(decide(aSnapshot())).toMatchObject({
      outcome: 'retry',
      costNano: 5n,
      steps: [{ id: 'step:write', status: 'ready', failures: 1, delayMs: 50 }],
      attempts: [{ stepId: 'step:write', attempt: 1, sessionId: 'session:1', outcome: 'failed', costNano: 5n }],
      events: [{ type: 'step.retrying', data: { step: 'write', attempt: 1, delayMs: 50 } }],
      deadLetters: [],
    });
  });

  it.each([
    { title: 'doubles with each failure', step: { failures: 1 }, failure: {}, delayMs: 100 },
    { title: 'stays below the cap', step: { failures: 8, maxFailures: 20 }, failure: {}, delayMs: 500 },
    {
      title: 'is never shorter than the provider requires',
      step: {},
      failure: { retryAfterMs: 7_000 },
      delayMs: 7_000,
    },
  ])('has a backoff that $title', ({ step, failure, delayMs }) => {
    const decision = decide(aSnapshot({ steps: [aLockedStep({ key: 'write', ...step })] }), aReport({}, failure));
    expect(decision?.steps).toMatchObject([{ status: 'ready', delayMs }]);
  });

  it.each([
    {
      title: 'a hand-back',
      failure: { outcome: 'handed_back' as const, counts: false, code: 'UNAVAILABLE' },
      outcome: 'handed_back',
    },
    { title: 'an open breaker', failure: { code: 'BREAKER_OPEN', counts: false }, outcome: 'retry' },
  ])('counts no failure for $title, however often it has failed before', ({ failure, outcome }) => {
    const snapshot = aSnapshot({ steps: [aLockedStep({ key: 'write', failures: 2 })] });
    expect(decide(snapshot, aReport({}, failure))).toMatchObject({
      outcome,
      steps: [{ status: 'ready', failures: 2 }],
    });
  });

  it('lets a handed-back step start at once on another worker', () => {
    const decision = decide(aSnapshot(), aReport({}, { outcome: 'handed_back', counts: false }));
    expect(decision).toMatchObject({
      steps: [{ delayMs: 0 }],
      attempts: [{ outcome: 'handed_back' }],
      events: [{ type: 'step.handed_back' }],
    });
  });

  describe('exhausts a step', () => {
    it.each([
      { title: 'at its last failure', step: { failures: 2 }, failure: {} },
      { title: 'that is not retryable', step: {}, failure: { retryable: false } },
      { title: 'whose total time is over', step: { totalLeftMs: -1 }, failure: {} },
      { title: 'whose total time ends before its backoff', step: { totalLeftMs: 40 }, failure: {} },
      {
        title: 'whose breaker stays open for longer than it may take',
        step: {},
        failure: { counts: false, retryAfterMs: 60_000 },
      },
    ])('$title', ({ step, failure }) => {
      const snapshot = aSnapshot({ steps: [aLockedStep({ key: 'write', params: { n: 1 }, ...step })] });
      const decision = decide(snapshot, aReport({}, failure));
      expect(decision).toMatchObject({
        outcome: 'task_ended',
        steps: [{ id: 'step:write', status: 'dead' }],
        deadLetters: [{ stepKey: 'write', errorCode: 'PROVIDER_TIMED_OUT', attempts: 1, payload: { n: 1 } }],
      });
    });

    it('and cannot be retried before the task’s deadline', () => {
      expect(decide(aSnapshot({ task: { leftMs: 5_000 } }), aReport({}, { retryAfterMs: 6_000 }))).toMatchObject({
        outcome: 'task_ended',
      });
    });

    const drafts = (facts: Partial<Parameters<typeof aLockedStep>[0]> = {}) => [
      aLockedStep({ key: 'draft-1', status: 'completed', next: ['refine'] }),
      aLockedStep({ key: 'write', failures: 2, next: ['refine'], onExhausted: 'skip', ...facts }),
      aLockedStep({ key: 'refine', status: 'pending', depsLeft: 1, attempt: 0 }),
    ];

    it('that may be skipped, and releases its successors', () => {
      const decision = decide(aSnapshot({ steps: drafts() }));
      expect(decision).toMatchObject({
        outcome: 'skipped',
        steps: [
          { id: 'step:write', status: 'skipped', failures: 3 },
          { id: 'step:refine', status: 'ready', depsLeft: 0 },
        ],
        limitations: [{ code: 'STEP_FAILED', step: 'write' }],
        events: [{ type: 'step.skipped' }],
      });
      expect(decision?.status).toBeUndefined();
      expect(decision?.deadLetters).toHaveLength(1);
    });

    it('but does not release a successor with other open dependencies', () => {
      const steps = drafts().map((step) => (step.key === 'refine' ? { ...step, depsLeft: 2 } : step));
      expect(decide(aSnapshot({ steps }))?.steps).toContainEqual({ id: 'step:refine', status: 'pending', depsLeft: 1 });
    });

    it('that was the last open one, and ends the task with the available outputs', () => {
      const steps = [aLockedStep({ key: 'write', failures: 2, onExhausted: 'skip' })];
      expect(decide(aSnapshot({ steps, outputs: { 'draft-1': {} } }))).toMatchObject({
        outcome: 'task_ended',
        status: 'partial',
      });
      expect(decide(aSnapshot({ steps }))).toMatchObject({ outcome: 'task_ended', status: 'failed' });
    });

    it('that the task requires: partial with usable outputs, failed otherwise', () => {
      const steps = drafts({ onExhausted: 'fail' });
      const partial = decide(aSnapshot({ steps, outputs: { 'draft-1': {} } }));
      expect(partial).toMatchObject({
        status: 'partial',
        limitations: [{ code: 'STEP_FAILED', step: 'write' }, {}, {}],
      });
      expect(partial?.error).toBeUndefined();
      const failed = decide(aSnapshot({ steps }));
      expect(failed).toMatchObject({ status: 'failed', error: { code: 'PROVIDER_TIMED_OUT' } });
      expect(failed?.steps).toContainEqual({ id: 'step:refine', status: 'cancelled' });
    });

    it('of an unknown pipeline, and fails the task', () => {
      const decision = decideFailure(
        aSnapshot({ outputs: { 'draft-1': {} } }),
        aReport({}, { retryable: false }),
        undefined,
      );
      expect(decision).toMatchObject({ status: 'failed' });
    });

    it('with the limitation BUDGET_EXHAUSTED when the budget is exhausted', () => {
      const decision = decide(aSnapshot(), aReport({}, { code: 'BUDGET_EXHAUSTED', retryable: false }));
      expect(decision?.limitations).toMatchObject([{ code: 'BUDGET_EXHAUSTED', step: 'write' }]);
    });
  });

  it.each([0, -3_000, 20])(
    'ends the task at its deadline, without counting a failure, when %s ms are left',
    (leftMs) => {
      const decision = decide(aSnapshot({ task: { leftMs } }), aReport({}, { code: 'STEP_TIMED_OUT' }));
      expect(decision).toMatchObject({
        outcome: 'task_ended',
        status: 'failed',
        error: { code: 'TASK_DEADLINE_EXCEEDED' },
        limitations: [{ code: 'DEADLINE_REACHED' }],
        steps: [{ id: 'step:write', status: 'cancelled' }],
        attempts: [{ outcome: 'failed', costNano: 5n }],
        deadLetters: [],
      });
    },
  );
});
