import { LANES, type Lane } from '@pressroom/contracts';

export interface Waiting {
  lane: Lane;
  tenantId: string;
  /** What it will use; any positive unit that is the same for all. */
  cost: number;
}

interface Flow<Item> {
  /** Service received, divided by weight: whoever has least is next. */
  served: number;
  items: Item[];
}

/**
 * Who is next: start-time fair queueing (Goyal, Vin, Cheng, SIGCOMM 1996) over lanes by weight, and within a lane over
 * tenants alike. Over any stretch in which several flows wait each gets its share to within one item; one that waits alone
 * gets everything; idling earns nothing. Within a tenant first come is first served.
 */
export function createFairQueue<Item extends Waiting>(weights: Readonly<Record<Lane, number>>) {
  interface LaneFlow extends Flow<Flow<Item> & { tenantId: string }> {
    /** Service at which the lane's tenants stand: a newcomer begins here. */
    virtual: number;
  }
  const lanes = new Map<Lane, LaneFlow>(LANES.map((lane) => [lane, { served: 0, virtual: 0, items: [] }]));
  let virtual = 0;
  let size = 0;

  const laneOf = (lane: Lane): LaneFlow => lanes.get(lane) as LaneFlow;
  const least = <T extends { served: number }>(flows: readonly T[]): T | undefined =>
    flows.reduce<T | undefined>(
      (best, flow) => (best === undefined || flow.served < best.served ? flow : best),
      undefined,
    );

  return {
    get size() {
      return size;
    },
    push(item: Item): void {
      const lane = laneOf(item.lane);
      if (lane.items.length === 0) lane.served = Math.max(lane.served, virtual);
      let tenant = lane.items.find(({ tenantId }) => tenantId === item.tenantId);
      if (!tenant) {
        tenant = { tenantId: item.tenantId, served: lane.virtual, items: [] };
        lane.items.push(tenant);
      }
      tenant.items.push(item);
      size += 1;
    },
    /** The head of every lane in which somebody waits, the lane whose turn it is first. */
    heads(): Item[] {
      return LANES.map(laneOf)
        .filter(({ items }) => items.length > 0)
        .sort((a, b) => a.served - b.served)
        .flatMap((lane) => least(lane.items)?.items[0] ?? []);
    },
    /**
     * Takes an item that `heads` has shown, and charges its lane and tenant. A lane whose turn it was, yet could not go,
     * does not make up for it later.
     */
    take(item: Item): void {
      const lane = laneOf(item.lane);
      const tenant = lane.items.find(({ tenantId }) => tenantId === item.tenantId);
      if (tenant?.items[0] !== item) throw new Error('only the head of a lane can be taken');
      virtual = lane.served;
      for (const other of lanes.values()) if (other.served < virtual) other.served = virtual;
      lane.virtual = tenant.served;
      tenant.items.shift();
      tenant.served += item.cost;
      lane.served += item.cost / weights[item.lane];
      if (tenant.items.length === 0) lane.items.splice(lane.items.indexOf(tenant), 1);
      size -= 1;
    },
    /** Takes an item that does not want to wait any longer. False when it is not here any more. */
    remove(item: Item): boolean {
      const lane = laneOf(item.lane);
      const tenant = lane.items.find(({ tenantId }) => tenantId === item.tenantId);
      const index = tenant?.items.indexOf(item) ?? -1;
      if (!tenant || index < 0) return false;
      tenant.items.splice(index, 1);
      if (tenant.items.length === 0) lane.items.splice(lane.items.indexOf(tenant), 1);
      size -= 1;
      return true;
    },
  };
}
export type FairQueue<Item extends Waiting> = ReturnType<typeof createFairQueue<Item>>;
