/** Nobody reads the events of queues: progress comes from PostgreSQL. */
export const SMALL_EVENT_STREAM = { events: { maxLen: 100 } };

/** How often an attempt may be started is the engine's decision, by its own count. */
export const MAX_STALLED_COUNT = 1_000_000;
