import type { TenantBacklog } from '@pressroom/db';

interface Contender {
  backlog: TenantBacklog;
  weight: number;
  credit: number;
  released: number;
  maxReleased: number;
}

/** Limits new tasks of tenants that have steps of started tasks waiting for the same workers. */
export interface NewTaskLimit {
  tenants: ReadonlySet<string>;
  /** New tasks that may start, over all these tenants. */
  newTaskAllowance: number;
}

const UNLIMITED: NewTaskLimit = { tenants: new Set(), newTaskAllowance: 0 };

/**
 * Smooth weighted round-robin over tenants, one step per pick: each eligible tenant earns its weight, the tenant with the most
 * credit is picked and pays the sum of what all earned. Credit carries over to the next dispatch, so that a backlogged tenant
 * gets its share to within a few steps however few slots each dispatch has (deficit counters of Shreedhar and Varghese,
 * "Efficient Fair Queuing Using Deficit Round-Robin", SIGCOMM 1995). A tenant without work loses its credit, and a tenant at
 * its cap earns none, so that idle time cannot be saved up. Pure.
 *
 * @param backlogs each tenant's first ready steps, at least `maxSteps` of them where it has as many
 * @param maxSteps most steps to release
 * @param deficits credit carried over, by tenant: negative after more than its share, positive after less
 * @param limit applies to its tenants only; other tenants start any number of new tasks
 * @returns the chosen steps in order of release, the credit to carry over, and how many of the steps belong to started tasks
 *   and to new tasks of limited tenants
 */
export function decideDispatch(
  backlogs: readonly TenantBacklog[],
  maxSteps: number,
  deficits: ReadonlyMap<string, number>,
  limit: NewTaskLimit = UNLIMITED,
): { stepIds: string[]; deficits: Map<string, number>; startedSteps: number; newTasks: number } {
  const contenders = backlogs.map((backlog): Contender => {
    const { maxConcurrency, inFlight, head, tenantId, weight } = backlog;
    return {
      backlog,
      weight: Math.max(1, weight),
      credit: deficits.get(tenantId) ?? 0,
      released: 0,
      maxReleased: Math.min(head.length, maxConcurrency === null ? Infinity : Math.max(0, maxConcurrency - inFlight)),
    };
  });
  const stepIds: string[] = [];
  let startedSteps = 0;
  let newTasks = 0;
  const isEligible = ({ released, maxReleased, backlog }: Contender): boolean =>
    released < maxReleased &&
    (newTasks < limit.newTaskAllowance ||
      !limit.tenants.has(backlog.tenantId) ||
      backlog.head[released]?.hasStarted === true);
  while (stepIds.length < maxSteps) {
    const next = pickNext(contenders.filter(isEligible));
    const step = next?.backlog.head[next.released];
    if (!next || !step) break;
    stepIds.push(step.stepId);
    if (step.hasStarted) startedSteps += 1;
    else if (limit.tenants.has(next.backlog.tenantId)) newTasks += 1;
    next.released += 1;
  }
  const carried = new Map<string, number>();
  for (const { backlog, released, credit } of contenders) {
    const mayHaveMore = released < backlog.head.length || backlog.head.length >= maxSteps;
    if (mayHaveMore && credit !== 0) carried.set(backlog.tenantId, credit);
  }
  return { stepIds, deficits: carried, startedSteps, newTasks };
}

/** Credits every eligible tenant, picks the one with the most credit and charges it. Ties: lowest tenant id, for determinism. */
function pickNext(eligible: readonly Contender[]): Contender | undefined {
  let next: Contender | undefined;
  let total = 0;
  for (const contender of eligible) {
    contender.credit += contender.weight;
    total += contender.weight;
    const ahead = next === undefined || contender.credit > next.credit;
    const tied = next !== undefined && contender.credit === next.credit;
    if (ahead || (tied && next !== undefined && contender.backlog.tenantId < next.backlog.tenantId)) next = contender;
  }
  if (next) next.credit -= total;
  return next;
}
