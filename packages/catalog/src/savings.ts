import { calculateBaseline, calculateCost, withoutCache } from './cost.ts';
import type { Model, TokenUsage } from './model.ts';

/** What a call did not cost, by lever, in nano-dollars. A lever that made the call dearer is negative. */
export interface Savings {
  avoided: bigint;
  tier: bigint;
  promptCache: bigint;
  batch: bigint;
}

/**
 * Splits baseline − paid over the levers, in this fixed order: each lever is credited with what it took off the amount
 * that the levers before it had left, so the parts add up exactly. A call that was avoided is the first lever's alone.
 *
 * @param call.model the model that answered, or that had answered the avoided call
 */
export function attributeSavings(
  call: { usage: TokenUsage; model: Model; batch: boolean; avoided: boolean },
  baseline: Model,
  atMs: number,
): Savings {
  const would = calculateBaseline(call.usage, baseline, atMs);
  if (call.avoided) return { avoided: would, tier: 0n, promptCache: 0n, batch: 0n };
  const onModel = calculateCost(withoutCache(call.usage), call.model, atMs);
  const withCache = calculateCost(call.usage, call.model, atMs);
  const paid = calculateCost(call.usage, call.model, atMs, { batch: call.batch });
  return { avoided: 0n, tier: would - onModel, promptCache: onModel - withCache, batch: withCache - paid };
}
