import { setImmediate } from 'node:timers/promises';

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs CPU-bound work of up to some ten milliseconds, one piece per iteration of the event loop: many attempts of a process
 * often receive their replies at the same time, and together their checks would block it.
 */
export function inTurn<T>(work: () => T): Promise<T> {
  const turn = last.then(() => setImmediate()).then(work);
  last = turn.catch(() => undefined);
  return turn;
}
