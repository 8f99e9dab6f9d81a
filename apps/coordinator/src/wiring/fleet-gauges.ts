import type { FleetAdvice } from '@pressroom/engine';
import type { Metrics } from '@pressroom/runtime';

/**
 * The fleet as Prometheus series. Every coordinator shows the whole fleet: aggregate with `max`, not with `sum`. Series of
 * pools that are gone end with them; those of queues are always there, from zero workers on.
 */
export function createFleetGauges(metrics: Metrics) {
  const desired = metrics.gauge('pool_replicas_desired', 'Workers a pool should have', ['pool']);
  const current = metrics.gauge('pool_replicas_current', 'Live workers of a pool', ['pool']);
  const backlog = metrics.gauge('queue_backlog', 'Steps that wait for a worker', ['queue']);
  const oldestWait = metrics.gauge('queue_oldest_wait_seconds', 'How long the oldest of them waits', ['queue']);
  const active = metrics.gauge('queue_active', 'Steps that run', ['queue']);
  const slots = metrics.gauge('queue_slots', 'Steps that live workers on the queue could run at once', ['queue']);
  const suitable = metrics.gauge('queue_store_suitable', 'Is the queue store configured so that no job can get lost?');

  return {
    show(advice: FleetAdvice): void {
      desired.reset();
      current.reset();
      for (const { pool, desiredReplicas, currentReplicas } of advice.pools) {
        desired.set({ pool }, desiredReplicas);
        current.set({ pool }, currentReplicas);
      }
      for (const load of advice.queues) {
        const queue = load.name;
        backlog.set({ queue }, load.backlog);
        oldestWait.set({ queue }, load.oldestWaitMs / 1_000);
        active.set({ queue }, load.running);
        slots.set({ queue }, load.slots);
      }
    },
    showQueueStore(isSuitable: boolean): void {
      suitable.set(isSuitable ? 1 : 0);
    },
  };
}
