/** Queue events are not used: progress comes from PostgreSQL. */
export const SMALL_EVENT_STREAM = { events: { maxLen: 100 } };

/** No limit here: the engine counts the starts of an attempt. */
export const MAX_STALLED_COUNT = 1_000_000;
