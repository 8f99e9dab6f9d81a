import { calculateBaseline, calculateCost, withoutCache } from './cost.ts';
import type { Model, TokenUsage } from './model.ts';

/** Savings of a call by lever, in nano-dollars. A lever that increased the cost is negative. */
export interface Savings {
  avoided: bigint;
  tier: bigint;
  promptCache: bigint;
  batch: bigint;
}

/**
 * Splits baseline − paid over the levers in a fixed order. Each lever is credited with its reduction of the remaining amount,
 * so the parts add up exactly. An avoided call is credited to the first lever alone.
 *
 * @param call.model the model that answered, or that had answered the reused reply
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
