import { describe, expect, it } from 'vitest';
import {
  ProviderAuthFailedError,
  ProviderBadRequestError,
  ProviderRateLimitedError,
  ProviderRefusedError,
  ProviderTimedOutError,
  ProviderUnavailableError,
} from '../../errors.ts';
import { GatewaySettings } from '../../settings/gateway-settings.ts';
import { decideAfterFailure, type NextStep } from './decide-after-failure.ts';

type Input = Parameters<typeof decideAfterFailure>[0];
const { retry: policy } = GatewaySettings.parse({});
const decide = (part: Partial<Input>): NextStep =>
  decideAfterFailure({
    error: new ProviderUnavailableError('down'),
    failuresOfModel: 1,
    remainingRequests: 3,
    remainingMs: 60_000,
    hasAlternative: true,
    random: 0.5,
    policy,
    ...part,
  });

describe('decideAfterFailure', () => {
  it.each<{ title: string; given: Partial<Input>; expected: NextStep }>([
    {
      title: 'retries a transient failure after a jittered wait',
      given: {},
      expected: { outcome: 'retry', waitMs: 250 },
    },
    {
      title: 'waits longer after each failure',
      given: { failuresOfModel: 3, hasAlternative: false },
      expected: { outcome: 'retry', waitMs: 1_000 },
    },
    {
      title: 'excludes a model after its maximum number of requests',
      given: { failuresOfModel: 2 },
      expected: { outcome: 'next', exclude: 'model' },
    },
    {
      title: 'retries the last model while the request budget lasts',
      given: { failuresOfModel: 2, hasAlternative: false, random: 0 },
      expected: { outcome: 'retry', waitMs: 0 },
    },
    {
      title: 'respects the provider’s retry-after',
      given: { error: new ProviderRateLimitedError('slow', { retryAfterMs: 3_000 }) },
      expected: { outcome: 'retry', waitMs: 3_000 },
    },
    {
      title: 'prefers another model to a long wait',
      given: { error: new ProviderRateLimitedError('slow', { retryAfterMs: 6_000 }) },
      expected: { outcome: 'next', exclude: 'model' },
    },
    {
      title: 'prefers another model after a timeout',
      given: { error: new ProviderTimedOutError('slow') },
      expected: { outcome: 'next', exclude: 'model' },
    },
    {
      title: 'fails instead of waiting beyond the deadline',
      given: { hasAlternative: false, remainingMs: 200 },
      expected: { outcome: 'fail' },
    },
    {
      title: 'excludes a provider’s model when retries are forbidden',
      given: { error: new ProviderUnavailableError('down', { doNotRetry: true }), hasAlternative: false },
      expected: { outcome: 'fail' },
    },
    {
      title: 'excludes a model that refused the request',
      given: { error: new ProviderBadRequestError('no') },
      expected: { outcome: 'next', exclude: 'model' },
    },
    {
      title: 'excludes a provider that refused the key',
      given: { error: new ProviderAuthFailedError('no') },
      expected: { outcome: 'next', exclude: 'provider' },
    },
    {
      title: 'fails after a refusal to answer',
      given: { error: new ProviderRefusedError('no') },
      expected: { outcome: 'fail' },
    },
    { title: 'fails without a request budget', given: { remainingRequests: 0 }, expected: { outcome: 'fail' } },
  ])('$title', ({ given, expected }) => {
    expect(decide(given)).toEqual(expected);
  });
});
