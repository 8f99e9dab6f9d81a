import type { TenantBacklog } from '@pressroom/db';

interface Contender {
  backlog: TenantBacklog;
  weight: number;
  credit: number;
  taken: number;
  allowed: number;
}

/**
 * Weighted round-robin over tenants with deficits kept between rounds, one step at a time and therefore smooth: before
 * each pick every tenant that may go earns its weight, whoever has most goes and pays what all of them earned. Over any
 * stretch a backlogged tenant gets its weight's share to within a few steps, however little room a round has (the deficit
 * counters are those of Shreedhar and Varghese, "Efficient Fair Queuing Using Deficit Round-Robin", SIGCOMM 1995).
 * A tenant without work is forgotten, so that idling earns nothing; one at its cap earns nothing meanwhile.
 *
 * @param backlogs each tenant's first ready steps, at least `room` of them where it has as many
 * @param room how many steps may be released now
 * @param deficits credit carried over, by tenant: negative for who went lately, positive for who was passed over
 * @param held tenants whose begun tasks wait somewhere in the pool, and how many new ones may begin among all of these;
 *   other tenants begin what they like
 * @returns chosen steps in order of release, and the credit to carry into the next round
 */
export function decideDispatch(
  backlogs: readonly TenantBacklog[],
  room: number,
  deficits: ReadonlyMap<string, number>,
  held: { tenants: ReadonlySet<string>; mayBegin: number } = { tenants: new Set(), mayBegin: 0 },
): { stepIds: string[]; deficits: Map<string, number>; begun: number; beginnings: number } {
  const contenders = backlogs.map((backlog): Contender => {
    const { maxConcurrency, inFlight, head, tenantId, weight } = backlog;
    return {
      backlog,
      weight: Math.max(1, weight),
      credit: deficits.get(tenantId) ?? 0,
      taken: 0,
      allowed: Math.min(head.length, maxConcurrency === null ? Infinity : Math.max(0, maxConcurrency - inFlight)),
    };
  });
  const stepIds: string[] = [];
  let begun = 0;
  let beginnings = 0;
  while (stepIds.length < room) {
    const able = contenders.filter(
      ({ taken, allowed, backlog }) =>
        taken < allowed &&
        (beginnings < held.mayBegin || !held.tenants.has(backlog.tenantId) || backlog.head[taken]?.begun === true),
    );
    const next = pickNext(able);
    const step = next?.backlog.head[next.taken];
    if (!next || !step) break;
    stepIds.push(step.stepId);
    if (step.begun) begun += 1;
    else if (held.tenants.has(next.backlog.tenantId)) beginnings += 1;
    next.taken += 1;
  }
  const carried = new Map<string, number>();
  for (const { backlog, taken, credit } of contenders) {
    const mayHaveMore = taken < backlog.head.length || backlog.head.length >= room;
    if (mayHaveMore && credit !== 0) carried.set(backlog.tenantId, credit);
  }
  return { stepIds, deficits: carried, begun, beginnings };
}

/** Pays everybody, lets the richest go, and charges it. Ties go by tenant id, so that the answer is always the same. */
function pickNext(able: readonly Contender[]): Contender | undefined {
  let next: Contender | undefined;
  let total = 0;
  for (const contender of able) {
    contender.credit += contender.weight;
    total += contender.weight;
    const ahead = next === undefined || contender.credit > next.credit;
    const tied = next !== undefined && contender.credit === next.credit;
    if (ahead || (tied && next !== undefined && contender.backlog.tenantId < next.backlog.tenantId)) next = contender;
  }
  if (next) next.credit -= total;
  return next;
}
