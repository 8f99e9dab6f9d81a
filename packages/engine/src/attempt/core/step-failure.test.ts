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
      title: 'a time-out, which is retryable and counts',
      error: new StepTimedOutError('late'),
      expected: { code: 'STEP_TIMED_OUT', retryable: true, counts: true, outcome: 'failed', retryAfterMs: 0 },
    },
    {
      title: 'an open breaker, which does not count',
      error: new BreakerOpen('open', { retryAfterMs: 4_000 }),
      expected: { code: 'BREAKER_OPEN', retryable: true, counts: false, outcome: 'failed', retryAfterMs: 4_000 },
    },
    {
      title: 'a hand-back, which is not a failure',
      error: new HandedBackError('draining'),
      expected: { code: 'UNAVAILABLE', counts: false, outcome: 'handed_back' },
    },
    {
      title: 'a hand-back after a crash of unknown cause, which is a loss',
      error: new HandedBackError('crash', { isLoss: true }),
      expected: { counts: false, outcome: 'handed_back', isLoss: true },
    },
    {
      title: 'an unknown pipeline, which is refused',
      error: new PipelineUnknownError('article 9'),
      expected: { code: 'PIPELINE_UNKNOWN', retryable: true, counts: false, outcome: 'refused' },
    },
    {
      title: 'the crash of a child process',
      error: new StepCrashedError('SIGABRT'),
      expected: { code: 'STEP_CRASHED', message: 'SIGABRT', counts: false, outcome: 'crashed' },
    },
    {
      title: 'an uncaught error, which counts and is a loss',
      error: new UncaughtStepError('thrown'),
      expected: { code: 'AGENT_BUG', counts: true, outcome: 'failed', isLoss: true },
    },
    {
      title: 'a failure that another process has classified',
      error: new ReportedFailureError({ ...toStepFailure(new BreakerOpen('open')), topFrame: 'a.ts:b' }),
      expected: { code: 'BREAKER_OPEN', counts: false, topFrame: 'a.ts:b', errorClass: 'BreakerOpen' },
    },
    { title: 'a lost lease', error: new LeaseLostError('gone'), expected: { code: 'LEASE_LOST', retryable: true } },
  ])('classifies $title', ({ error, expected }) => {
    expect(toStepFailure(error)).toMatchObject(expected);
  });

  it.each([
    {
      title: 'a foreign error',
      error: new TypeError('key sk-123 in prompt "secret"'),
      message: 'unexpected TypeError',
    },
    { title: 'a string', error: 'secret', message: 'unexpected string' },
    { title: 'undefined', error: undefined, message: 'unexpected undefined' },
    { title: 'a rejection with null', error: null, message: 'unexpected object' },
  ])('does not expose the message of $title', ({ error, message }) => {
    const failure = toStepFailure(error);
    expect(failure).toMatchObject({ code: 'AGENT_BUG', message, retryable: true, counts: true, outcome: 'failed' });
    expect(JSON.stringify(failure)).not.toContain('secret');
  });

  it('truncates a message that is too long to store', () => {
    expect(toStepFailure(new StepTimedOutError('x'.repeat(5_000))).message).toHaveLength(500);
  });
});
