import { AppError, LeaseLostError } from '@pressroom/runtime';
import { describe, expect, it } from 'vitest';

import {
  HandedBackError,
  PipelineUnknownError,
  StepCrashedError,
  StepTimedOutError,
  UncaughtStepError,
} from '../../engine-errors.ts';
import { ReportedFailureError, toStepFailure } from './step-failure.ts';

class BreakerOpen extends AppError {
  readonly code = 'BREAKER_OPEN';
  readonly retryable = true;
}

describe('toStepFailure', () => {
  it.each([
    {
      title: 'a time-out, which may be tried again and counts',
      error: new StepTimedOutError('late'),
      expected: { code: 'STEP_TIMED_OUT', retryable: true, counts: true, outcome: 'failed', retryAfterMs: 0 },
    },
    {
      title: 'an open breaker, which is nobody’s fault at this step',
      error: new BreakerOpen('open', { retryAfterMs: 4_000 }),
      expected: { code: 'BREAKER_OPEN', retryable: true, counts: false, outcome: 'failed', retryAfterMs: 4_000 },
    },
    {
      title: 'a hand-back, which is no failure',
      error: new HandedBackError('draining'),
      expected: { code: 'UNAVAILABLE', counts: false, outcome: 'handed_back' },
    },
    {
      title: 'a hand-back of a process that any of its steps may have ended',
      error: new HandedBackError('crash', { isLoss: true }),
      expected: { counts: false, outcome: 'handed_back', isLoss: true },
    },
    {
      title: 'an unknown pipeline, which a newer worker may know',
      error: new PipelineUnknownError('article 9'),
      expected: { code: 'PIPELINE_UNKNOWN', retryable: true, counts: false, outcome: 'refused' },
    },
    {
      title: 'the death of a process of its own',
      error: new StepCrashedError('SIGABRT'),
      expected: { code: 'STEP_CRASHED', message: 'SIGABRT', counts: false, outcome: 'crashed' },
    },
    {
      title: 'an error that nothing caught, which counts and is a loss',
      error: new UncaughtStepError('thrown'),
      expected: { code: 'AGENT_BUG', counts: true, outcome: 'failed', isLoss: true },
    },
    {
      title: 'what another process has described',
      error: new ReportedFailureError({ ...toStepFailure(new BreakerOpen('open')), topFrame: 'a.ts:b' }),
      expected: { code: 'BREAKER_OPEN', counts: false, topFrame: 'a.ts:b', errorClass: 'BreakerOpen' },
    },
    { title: 'a lost lease', error: new LeaseLostError('gone'), expected: { code: 'LEASE_LOST', retryable: true } },
  ])('knows $title', ({ error, expected }) => {
    expect(toStepFailure(error)).toMatchObject(expected);
  });

  it.each([
    {
      title: 'an error of somebody else',
      error: new TypeError('key sk-123 in prompt "secret"'),
      message: 'unexpected TypeError',
    },
    { title: 'a string', error: 'secret', message: 'unexpected string' },
    { title: 'nothing', error: undefined, message: 'unexpected undefined' },
    { title: 'a rejection with null', error: null, message: 'unexpected object' },
  ])('keeps the words of $title to itself', ({ error, message }) => {
    const failure = toStepFailure(error);
    expect(failure).toMatchObject({ code: 'AGENT_BUG', message, retryable: true, counts: true, outcome: 'failed' });
    expect(JSON.stringify(failure)).not.toContain('secret');
  });

  it('cuts a message that is too long to store', () => {
    expect(toStepFailure(new StepTimedOutError('x'.repeat(5_000))).message).toHaveLength(500);
  });
});
