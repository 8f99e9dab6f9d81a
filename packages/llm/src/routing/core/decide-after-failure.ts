import { calculateBackoffMs } from '@pressroom/runtime';
import type { ProviderError } from '../../errors.ts';
import type { GatewaySettings } from '../../settings/gateway-settings.ts';

export type NextStep =
  /** Ask the same model again after waiting. */
  | { outcome: 'retry'; waitMs: number }
  /** Leave this model, or its whole provider, and ask the next candidate at once. */
  | { outcome: 'next'; leave: 'model' | 'provider' }
  | { outcome: 'give_up' };

/**
 * What to do after a provider request failed. Pure.
 *
 * @param input.failuresOfModel failures of this model in this call, this one included
 * @param input.triesLeft provider requests the attempt may still make
 * @param input.leftMs what is left of the attempt, less the shortest call worth starting
 * @param input.hasAlternative another candidate could be asked now
 * @param input.random a number in [0, 1)
 */
export function decideAfterFailure(input: {
  error: Pick<ProviderError, 'reach' | 'doNotRetry' | 'retryAfterMs' | 'code'>;
  failuresOfModel: number;
  triesLeft: number;
  leftMs: number;
  hasAlternative: boolean;
  random: number;
  policy: GatewaySettings['retry'];
}): NextStep {
  const { error, policy, hasAlternative } = input;
  if (error.reach === 'call' || input.triesLeft <= 0) return { outcome: 'give_up' };
  if (error.reach === 'provider' || error.reach === 'model') return { outcome: 'next', leave: error.reach };

  const waitMs = calculateBackoffMs(input.failuresOfModel, policy, input.random, error.retryAfterMs);
  const isSpent = input.failuresOfModel >= policy.triesPerModel || error.doNotRetry || waitMs > policy.maxWaitMs;
  // A model that hung has used up its share of the attempt's time already.
  if (hasAlternative && (isSpent || error.code === 'PROVIDER_TIMED_OUT')) return { outcome: 'next', leave: 'model' };
  if (error.doNotRetry || waitMs >= input.leftMs) return { outcome: 'give_up' };
  return { outcome: 'retry', waitMs };
}
