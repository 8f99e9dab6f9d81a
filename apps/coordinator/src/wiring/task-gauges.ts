import { isTerminalTask, TASK_STATUSES, type TaskStatus } from '@pressroom/contracts';
import type { TaskCountStore } from '@pressroom/db';
import type { Clock, Logger, Metrics } from '@pressroom/runtime';

/** Counts are at least so old before a scrape reads them again. */
const MIN_AGE_MS = 10_000;
/** Counting takes at most 1 % of a connection's time, however many tasks are stored. */
const PAUSE_PER_DURATION = 100;
/** A scrape waits so long for new counts, then shows the last ones. */
const MAX_WAIT_MS = 500;

/**
 * `tasks` by status, counted on scrape. All coordinators show the whole installation: aggregate with `max`. A
 * status whose counting fails has no series until it succeeds.
 */
export function createTaskGauges(
  metrics: Metrics,
  { store, clock, log }: { store: TaskCountStore; clock: Clock; log: Logger },
): void {
  const counts = [
    createRefresher('open', (status) => !isTerminalTask(status)),
    createRefresher('ended', isTerminalTask),
  ];
  const gauge = metrics.gauge('tasks', 'Stored tasks by status', ['status'], async () => {
    await Promise.race([Promise.all(counts.map((refresh) => refresh())), clock.sleep(MAX_WAIT_MS)]);
  });

  function createRefresher(kind: keyof TaskCountStore, covers: (status: TaskStatus) => boolean) {
    const statuses = TASK_STATUSES.filter(covers);
    let running: Promise<void> | undefined;
    let nextMs = -Infinity;

    const refresh = async (): Promise<void> => {
      const startedMs = clock.monotonicMs();
      try {
        const rows = await store[kind]();
        for (const status of statuses) gauge.set({ status }, rows.find((row) => row.status === status)?.count ?? 0);
      } catch (error) {
        for (const status of statuses) gauge.remove({ status });
        log.warn({ err: error, statuses }, 'metrics.tasks_not_counted');
      }
      const endedMs = clock.monotonicMs();
      nextMs = endedMs + Math.max(MIN_AGE_MS, (endedMs - startedMs) * PAUSE_PER_DURATION);
      running = undefined;
    };
    return (): Promise<void> => {
      if (running === undefined && clock.monotonicMs() >= nextMs) running = refresh();
      return running ?? Promise.resolve();
    };
  }
}
