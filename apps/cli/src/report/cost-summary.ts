import { formatUsd, parseUsd, type CallView, type CostView, type TaskView } from '@pressroom/contracts';

/** What a task cost, and by which means how much was saved. Money as in the API: decimal strings of US dollars. */
export interface CostSummary extends CostView {
  /** Saved share of the baseline in percent, to one decimal; 0 without a baseline. */
  savedPercent: number;
  /** What each lever saved, by name. */
  savedByLever: Record<string, string>;
  simulated: boolean;
}

/** Adds the levers up. The totals are the API's own: a call that is still uncertain is in them too. */
export function summariseCost(task: TaskView, calls: readonly CallView[]): CostSummary {
  const byLever = new Map<string, bigint>();
  for (const call of calls) {
    const saved = parseUsd(call.baselineUsd) - parseUsd(call.costUsd);
    if (saved === 0n) continue;
    const lever = leverOf(call);
    byLever.set(lever, (byLever.get(lever) ?? 0n) + saved);
  }
  const baseline = parseUsd(task.cost.baselineUsd);
  const saved = parseUsd(task.cost.savedUsd);
  return {
    ...task.cost,
    savedPercent: baseline === 0n ? 0 : Number((saved * 1_000n) / baseline) / 10,
    savedByLever: Object.fromEntries([...byLever].map(([lever, nano]) => [lever, formatUsd(nano)])),
    simulated: task.simulated || calls.some((call) => call.simulated),
  };
}

/**
 * The ledger names the lever of a call that was avoided. One that was paid saved by running on a cheaper model than the
 * baseline's, and, where the provider had part of the prompt cached, by that too.
 */
function leverOf(call: CallView): string {
  return call.lever ?? (call.cachedInputTokens > 0 ? 'tier+prompt-cache' : 'tier');
}
