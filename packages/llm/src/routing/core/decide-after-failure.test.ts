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
    triesLeft: 3,
    leftMs: 60_000,
    hasAlternative: true,
    random: 0.5,
    policy,
    ...part,
  });

describe('decideAfterFailure', () => {
  it.each<{ title: string; given: Partial<Input>; expected: NextStep }>([
    { title: 'retries a passing fault after a jittered wait', given: {}, expected: { outcome: 'retry', waitMs: 250 } },
    {
      title: 'waits longer after each failure',
      given: { failuresOfModel: 3, hasAlternative: false },
      expected: { outcome: 'retry', waitMs: 1_000 },
    },
    {
      title: 'leaves a model that has had its tries',
      given: { failuresOfModel: 2 },
      expected: { outcome: 'next', leave: 'model' },
    },
    {
      title: 'stays with the last model as long as there are tries',
      given: { failuresOfModel: 2, hasAlternative: false, random: 0 },
      expected: { outcome: 'retry', waitMs: 0 },
    },
    {
      title: 'honours the wait that a provider asks for',
      given: { error: new ProviderRateLimitedError('slow', { retryAfterMs: 3_000 }) },
      expected: { outcome: 'retry', waitMs: 3_000 },
    },
    {
      title: 'asks another rather than wait long',
      given: { error: new ProviderRateLimitedError('slow', { retryAfterMs: 6_000 }) },
      expected: { outcome: 'next', leave: 'model' },
    },
    {
      title: 'asks another rather than hang twice',
      given: { error: new ProviderTimedOutError('slow') },
      expected: { outcome: 'next', leave: 'model' },
    },
    {
      title: 'gives up rather than wait beyond the deadline',
      given: { hasAlternative: false, leftMs: 200 },
      expected: { outcome: 'give_up' },
    },
    {
      title: 'obeys a provider that forbids retries',
      given: { error: new ProviderUnavailableError('down', { doNotRetry: true }), hasAlternative: false },
      expected: { outcome: 'give_up' },
    },
    {
      title: 'leaves a model that refused the request',
      given: { error: new ProviderBadRequestError('no') },
      expected: { outcome: 'next', leave: 'model' },
    },
    {
      title: 'leaves a provider that refused the key',
      given: { error: new ProviderAuthFailedError('no') },
      expected: { outcome: 'next', leave: 'provider' },
    },
    {
      title: 'asks nobody else after a refusal to answer',
      given: { error: new ProviderRefusedError('no') },
      expected: { outcome: 'give_up' },
    },
    { title: 'gives up without tries', given: { triesLeft: 0 }, expected: { outcome: 'give_up' } },
  ])('$title', ({ given, expected }) => {
    expect(decide(given)).toEqual(expected);
  });
});
