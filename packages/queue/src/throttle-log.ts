import { type Clock, systemClock } from '@pressroom/runtime';

/** Forwards one call per period, for errors that repeat while a store is unavailable. */
export function throttleLog<Arg>(
  write: (arg: Arg) => void,
  periodMs = 10_000,
  clock: Clock = systemClock,
): (arg: Arg) => void {
  let nextMs = -Infinity;
  return (arg) => {
    const nowMs = clock.monotonicMs();
    if (nowMs < nextMs) return;
    nextMs = nowMs + periodMs;
    write(arg);
  };
}
