/** Look-ahead of a queue that was not dispatched lately: enough that a worker finds its next job without waiting. */
export const FIRST_LOOK_AHEAD = 4;
const MIN_LOOK_AHEAD = 2;

/** Share of idle slots from which on more jobs are added; below it, slots are only between two steps. */
const IDLE_SHARE = 1 / 4;

/**
 * Adapts the number of jobs that a queue has waiting in the queue store, which should last until the next dispatch. The queue
 * store is first come, first served: each job beyond that delays tenants that submit later, and a lost job delays its step.
 * Doubles when the queue has nearly run dry and shrinks by a quarter when most jobs are still there, so that a burst of
 * completions has no lasting effect. When slots are idle although jobs wait, these jobs are in transit or lost, and others
 * are added in their place. Pure.
 *
 * @param current look-ahead of the last dispatch
 * @param queue its slots, how many of them are idle, and the jobs found in it before this dispatch
 * @returns 2 up to the number of slots; 1 when there are none
 */
export function adaptLookAhead(current: number, queue: { slots: number; idle: number; queued: number }): number {
  const { slots, idle, queued } = queue;
  const wanted = idle > slots * IDLE_SHARE ? Math.max(current, queued + idle) : followConsumption(current, queued);
  return Math.min(Math.max(1, slots), wanted);
}

function followConsumption(current: number, queued: number): number {
  if (queued <= current / 4) return current * 2;
  return queued > (current * 3) / 4 ? Math.max(MIN_LOOK_AHEAD, Math.floor((current * 3) / 4)) : current;
}
