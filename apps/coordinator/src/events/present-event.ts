import { formatUsd, type TaskEvent } from '@pressroom/contracts';

/** An event as callers see it: money, which stores keep as integer nano-dollars, becomes a decimal string of dollars. */
export function presentEvent(event: TaskEvent): TaskEvent {
  const { spentNano, ...data } = event.data;
  if (typeof spentNano !== 'string' || !/^\d+$/.test(spentNano)) return event;
  return { ...event, data: { ...data, usd: formatUsd(BigInt(spentNano)) } };
}
