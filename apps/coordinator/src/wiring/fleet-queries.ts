import { ALL_QUEUES } from '@pressroom/contracts';
import type { BreakerStore, FleetStore, ScalingStore } from '@pressroom/db';
import type { QueueControl, ScalingAdvisor } from '@pressroom/engine';
import type { QueueAdmin } from '@pressroom/queue';
import type { FleetQueries } from '../ports.ts';

/** The fleet from both stores: PostgreSQL knows what waits and runs, the queue store what it holds. */
export function createFleetQueries(deps: {
  fleet: FleetStore;
  admin: QueueAdmin;
  control: Pick<QueueControl, 'paused'>;
  scaling: ScalingStore;
  advisor: ScalingAdvisor;
  breakers: BreakerStore;
}): FleetQueries {
  const { fleet, admin, control, scaling, advisor, breakers } = deps;
  return {
    workers: () => fleet.workers(),
    async queues() {
      // Without the queue store the backlog is still known: what it holds reads as nothing.
      const [backlogs, load, counts, paused] = await Promise.all([
        fleet.backlogs(),
        scaling.load(),
        admin.counts(ALL_QUEUES).catch(() => []),
        control.paused(),
      ]);
      return ALL_QUEUES.map((name) => {
        const held = counts.find((row) => row.name === name);
        const waiting = backlogs.find((row) => row.name === name);
        return {
          name,
          waiting: held?.waiting ?? 0,
          // A local hand-off runs without a job.
          active: load.queues.find((row) => row.name === name)?.running ?? 0,
          delayed: held?.delayed ?? 0,
          backlog: waiting?.backlog ?? 0,
          oldestWaitMs: waiting?.oldestWaitMs ?? 0,
          paused: paused.has(name),
        };
      });
    },
    breakers: async () =>
      (await breakers.list()).map(({ openedAt, ...row }) => ({
        ...row,
        ...(openedAt && { openedAt: openedAt.toISOString() }),
      })),
    scaling: async () => (await advisor.advise()).pools,
  };
}
