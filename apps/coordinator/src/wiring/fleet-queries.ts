import { ALL_QUEUES } from '@pressroom/contracts';
import type { FleetStore } from '@pressroom/db';
import type { QueueAdmin } from '@pressroom/queue';
import type { FleetQueries } from '../ports.ts';

/** The fleet from both stores: PostgreSQL knows what waits, the queue store what it holds. */
export function createFleetQueries(deps: { fleet: FleetStore; admin: QueueAdmin }): FleetQueries {
  const { fleet, admin } = deps;
  return {
    workers: () => fleet.workers(),
    async queues() {
      const backlogs = new Map((await fleet.backlogs()).map((row) => [row.name, row]));
      // Without the queue store the backlog is still known: what it holds reads as nothing.
      const counts = new Map((await admin.counts(ALL_QUEUES).catch(() => [])).map((row) => [row.name, row]));
      return ALL_QUEUES.map((name) => {
        const held = counts.get(name);
        return {
          name,
          waiting: held?.waiting ?? 0,
          active: held?.active ?? 0,
          delayed: held?.delayed ?? 0,
          backlog: backlogs.get(name)?.backlog ?? 0,
          oldestWaitMs: backlogs.get(name)?.oldestWaitMs ?? 0,
          paused: held?.paused ?? false,
        };
      });
    },
  };
}
