/** A new queue's look-ahead, and the least that one falls to: the next job is there before anybody asks for it. */
export const FIRST_LOOK_AHEAD = 4;
const LEAST = 2;

/** Share of the slots that must lie idle before waiting steps are let go for them; a few are always between two steps. */
const IDLE_SHARE = 1 / 4;

/**
 * How many jobs a queue holds ready for its workers, adapted round by round: just enough to last until the next round. What is
 * in the queue store is taken first come, first served, so every job beyond that is time for which a tenant that comes anew
 * waits behind others, and a lost step waits to run again. Nearly empty: twice as many; hardly used: a quarter less, so
 * that a wave of steps that end together is forgotten before the next one. Where slots lie idle although jobs are there, these
 * are on their way or lost, and others go in their place.
 *
 * @param current what it was in the last round
 * @param queue its slots, those of them that are idle, and the jobs found in it, before the round
 * @returns 2 to as many as there are slots, 1 where there are none
 */
export function adaptLookAhead(current: number, queue: { slots: number; idle: number; queued: number }): number {
  const { slots, idle, queued } = queue;
  const wanted = idle > slots * IDLE_SHARE ? Math.max(current, queued + idle) : follow(current, queued);
  return Math.min(Math.max(1, slots), wanted);
}

function follow(current: number, queued: number): number {
  if (queued <= current / 4) return current * 2;
  return queued > (current * 3) / 4 ? Math.max(LEAST, Math.floor((current * 3) / 4)) : current;
}
