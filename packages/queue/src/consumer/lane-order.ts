import { type Lane, LANES } from '@pressroom/contracts';

/** Weights of the lanes while both wait for slots. A lane with weight 0 gets one only when no other waits. */
export type LaneShares = Readonly<Record<Lane, number>>;

/** Interactive work is preferred four to one; batch work still makes progress. */
export const DEFAULT_LANE_SHARES: LaneShares = { interactive: 4, batch: 1 };

/** Virtual time of the last pick, and of each lane's next turn. */
export interface LaneOrder {
  readonly now: number;
  readonly next: Readonly<Record<Lane, number>>;
}

export const createLaneOrder = (): LaneOrder => ({ now: 0, next: { interactive: 0, batch: 0 } });

/**
 * Picks the next lane. Pure. Stride scheduling: each pick advances a lane's next turn by 1 / share, so over any period in
 * which both wait they get slots in proportion and neither waits longer than the ratio. An idle lane earns no credit.
 * Source: Waldspurger and Weihl, "Stride Scheduling: Deterministic Proportional-Share Resource Management" (1995).
 *
 * @param waiting lanes with waiting work, at least one
 */
export function pickLane(
  order: LaneOrder,
  waiting: readonly Lane[],
  shares: LaneShares,
): { lane: Lane; order: LaneOrder } {
  const entitled = LANES.filter((lane) => waiting.includes(lane) && shares[lane] > 0);
  const turnOf = (lane: Lane) => Math.max(order.next[lane], order.now);
  // LANES lists interactive first, so it wins a tie.
  const [first, ...others] = entitled;
  if (first === undefined) {
    const lane = LANES.find((candidate) => waiting.includes(candidate));
    if (lane === undefined) throw new RangeError('no lane is waiting');
    return { lane, order };
  }
  const lane = others.reduce((best, candidate) => (turnOf(candidate) < turnOf(best) ? candidate : best), first);
  const now = turnOf(lane);
  return { lane, order: { now, next: { ...order.next, [lane]: now + 1 / shares[lane] } } };
}
