export const QUEUE = 'pipeline';

/** BullMQ's workers need commands that wait as long as it takes. */
export const connectionOf = (env) => ({ url: env.REDIS_URL, maxRetriesPerRequest: null });
