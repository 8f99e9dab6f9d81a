import type { TenantBacklog } from '@pressroom/db';

/**
 * Weighted deficit round-robin over tenants (Shreedhar and Varghese, "Efficient Fair Queuing Using Deficit
 * Round-Robin", SIGCOMM 1995) with unit cost per step. A tenant's deficit is kept between rounds while it has work
 * waiting and forgotten when it has none, so that idling earns nothing.
 *
 * @param room how many steps may be released now
 * @param deficits credit carried over, by tenant
 * @returns chosen steps in order of release, and the credit to carry into the next round
 */
export function decideDispatch(
  backlogs: readonly TenantBacklog[],
  room: number,
  deficits: ReadonlyMap<string, number>,
): { stepIds: string[]; deficits: Map<string, number> } {
  const queues = backlogs.map((backlog) => ({
    backlog,
    credit: deficits.get(backlog.tenantId) ?? 0,
    taken: 0,
    allowed: Math.min(
      backlog.head.length,
      backlog.maxConcurrency === null ? Infinity : Math.max(0, backlog.maxConcurrency - backlog.inFlight),
    ),
  }));
  const stepIds: string[] = [];
  // Whoever has the most credit was passed over last time: it goes first.
  queues.sort((a, b) => b.credit - a.credit || (a.backlog.tenantId < b.backlog.tenantId ? -1 : 1));
  while (stepIds.length < room && queues.some((queue) => queue.taken < queue.allowed)) {
    for (const queue of queues) {
      if (queue.taken >= queue.allowed) continue;
      queue.credit += Math.max(1, queue.backlog.weight);
      while (queue.credit >= 1 && queue.taken < queue.allowed && stepIds.length < room) {
        const step = queue.backlog.head[queue.taken];
        if (!step) break;
        stepIds.push(step.stepId);
        queue.taken += 1;
        queue.credit -= 1;
      }
    }
  }
  const carried = new Map<string, number>();
  for (const queue of queues) {
    const stillWaiting = queue.taken < queue.backlog.head.length;
    if (stillWaiting && queue.credit > 0) carried.set(queue.backlog.tenantId, Math.min(queue.credit, queue.backlog.weight));
  }
  return { stepIds, deficits: carried };
}
