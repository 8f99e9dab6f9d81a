import { ALL_QUEUES, laneOfQueue, type Lane } from '@pressroom/contracts';

const HOUR_MS = 3_600_000;

/**
 * Default of the longest wait for a worker before a step is exhausted: an hour for interactive tasks, whose user is gone by then;
 * a day for batch work, which may wait for the night.
 */
export const QUEUE_TIMEOUT_MS: Readonly<Record<Lane, number>> = { interactive: HOUR_MS, batch: 24 * HOUR_MS };

/** The same by queue, for the sweep. */
export const QUEUE_TIMEOUTS_MS: Readonly<Record<string, number>> = Object.fromEntries(
  ALL_QUEUES.map((queue) => [queue, QUEUE_TIMEOUT_MS[laneOfQueue(queue)]]),
);
