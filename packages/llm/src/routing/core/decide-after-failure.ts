import { calculateBackoffMs } from '@pressroom/runtime';
import type { ProviderError } from '../../errors.ts';
import type { GatewaySettings } from '../../settings/gateway-settings.ts';

export type NextStep =
  /** Call the same model again after waiting. */
  | { outcome: 'retry'; waitMs: number }
  /** Exclude this model, or its whole provider, and call the next candidate immediately. */
  | { outcome: 'next'; exclude: 'model' | 'provider' }
  | { outcome: 'fail' };

/**
 * Decides what follows a failed provider request. Pure.
 *
 * @param input.failuresOfModel failures of this model in this call, including this one
 * @param input.remainingRequests provider requests that the attempt may still make
 * @param input.remainingMs remaining time of the attempt, less the shortest call worth starting
 * @param input.hasAlternative whether another candidate could be called now
 * @param input.random a number in [0, 1)
 */
export function decideAfterFailure(input: {
  error: Pick<ProviderError, 'reach' | 'doNotRetry' | 'retryAfterMs' | 'code'>;
  failuresOfModel: number;
  remainingRequests: number;
  remainingMs: number;
  hasAlternative: boolean;
  random: number;
  policy: GatewaySettings['retry'];
}): NextStep {
  const { error, policy, hasAlternative } = input;
  if (error.reach === 'call' || input.remainingRequests <= 0) return { outcome: 'fail' };
  if (error.reach === 'provider' || error.reach === 'model') return { outcome: 'next', exclude: error.reach };

  const waitMs = calculateBackoffMs(input.failuresOfModel, policy, input.random, error.retryAfterMs);
  const isExhausted = input.failuresOfModel >= policy.triesPerModel || error.doNotRetry || waitMs > policy.maxWaitMs;
  // A model that timed out has already used its share of the attempt's time.
  if (hasAlternative && (isExhausted || error.code === 'PROVIDER_TIMED_OUT'))
    return { outcome: 'next', exclude: 'model' };
  if (error.doNotRetry || waitMs >= input.remainingMs) return { outcome: 'fail' };
  return { outcome: 'retry', waitMs };
}
