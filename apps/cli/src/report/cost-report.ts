import type { CallView } from '@pressroom/contracts';

import type { CostSummary } from './cost-summary.ts';
import { formatTable, type Column } from './format-table.ts';

const SIMULATED_NOTE =
  'SIMULATED: no provider key is set, so the offline simulator wrote the text and the prices are simulated too.';

/** Dollars with six decimals: calls cost fractions of a cent. */
const money = (usd: string): string => `$${usd.slice(0, -3)}`;
const count = (tokens: number): string => tokens.toLocaleString('en-US');

const COLUMNS: readonly Column<CallView>[] = [
  { title: 'Step', value: (call) => call.stepKey },
  { title: 'Purpose', value: (call) => call.purpose },
  { title: 'Tier', value: (call) => call.tier },
  { title: 'Model', value: (call) => call.model },
  { title: 'Cache', value: (call) => call.cache },
  { title: 'Status', value: (call) => call.status },
  { title: 'In', value: (call) => count(call.inputTokens), align: 'right' },
  { title: 'Cached', value: (call) => count(call.cachedInputTokens), align: 'right' },
  { title: 'Out', value: (call) => count(call.outputTokens), align: 'right' },
  { title: 'Cost', value: (call) => money(call.costUsd), align: 'right' },
  { title: 'Baseline', value: (call) => money(call.baselineUsd), align: 'right' },
];

/** The receipt: every call, the totals, the baseline and what was saved by which means. */
export function formatCostReport(calls: readonly CallView[], cost: CostSummary): string {
  const levers = Object.entries(cost.savedByLever).map(([lever, usd]) => `  ${lever.padEnd(16)} ${money(usd)}`);
  return [
    formatTable(COLUMNS, calls),
    '',
    `Calls     ${count(cost.calls)}, of which ${count(cost.cachedCalls)} from caches`,
    `Tokens    ${count(cost.inputTokens)} in, ${count(cost.outputTokens)} out`,
    `Paid      ${money(cost.usd)}`,
    `Baseline  ${money(cost.baselineUsd)} (the same tokens on the baseline model, nothing cached)`,
    `Saved     ${money(cost.savedUsd)} (${cost.savedPercent.toFixed(1)} %)`,
    ...levers,
    ...(cost.simulated ? ['', SIMULATED_NOTE] : []),
  ].join('\n');
}
