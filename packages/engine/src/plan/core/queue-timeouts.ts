import { ALL_QUEUES, laneOfQueue, type Lane } from '@pressroom/contracts';

const HOUR_MS = 3_600_000;

/**
 * Longest wait for a worker before a step is exhausted, where its pipeline says nothing else. Somebody watches an
 * interactive task: after an hour nobody does any more. Batch work may wait for the night.
 */
export const QUEUE_TIMEOUT_MS: Readonly<Record<Lane, number>> = { interactive: HOUR_MS, batch: 24 * HOUR_MS };

/** The same by queue, as the sweep wants it. */
export const QUEUE_TIMEOUTS_MS: Readonly<Record<string, number>> = Object.fromEntries(
  ALL_QUEUES.map((queue) => [queue, QUEUE_TIMEOUT_MS[laneOfQueue(queue)]]),
);
