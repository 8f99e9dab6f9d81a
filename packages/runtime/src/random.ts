/** Source of randomness in [0, 1). Inject it; `Math.random()` elsewhere is a lint error. */
export type Random = () => number;

export const systemRandom: Random = () => Math.random();

/** Deterministic randomness for tests, simulations and replays (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
