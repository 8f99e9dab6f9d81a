import { LANES, type Lane } from '@pressroom/contracts';

export interface QueuedItem {
  lane: Lane;
  tenantId: string;
  /** Cost in any positive unit that is the same for all items. */
  cost: number;
}

interface Flow<Item> {
  /** Service received, divided by weight: the flow with the least is next. */
  served: number;
  items: Item[];
}

/**
 * Start-time fair queueing (Goyal, Vin, Cheng, SIGCOMM 1996): weighted between lanes, equal between the tenants of a lane,
 * FIFO within a tenant. Over any period in which several flows wait, each receives its share to within one item. A flow
 * that waits alone receives everything; idle time earns no credit.
 */
export function createFairQueue<Item extends QueuedItem>(weights: Readonly<Record<Lane, number>>) {
  interface LaneFlow extends Flow<Flow<Item> & { tenantId: string }> {
    /** Virtual time of the lane's tenants, at which a new tenant starts. */
    virtualTime: number;
  }
  const lanes = new Map<Lane, LaneFlow>(LANES.map((lane) => [lane, { served: 0, virtualTime: 0, items: [] }]));
  let virtualTime = 0;
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
      if (lane.items.length === 0) lane.served = Math.max(lane.served, virtualTime);
      let tenant = lane.items.find(({ tenantId }) => tenantId === item.tenantId);
      if (!tenant) {
        tenant = { tenantId: item.tenantId, served: lane.virtualTime, items: [] };
        lane.items.push(tenant);
      }
      tenant.items.push(item);
      size += 1;
    },
    /** The first item of every non-empty lane, in the order in which the lanes are due. */
    heads(): Item[] {
      return LANES.map(laneOf)
        .filter(({ items }) => items.length > 0)
        .sort((a, b) => a.served - b.served)
        .flatMap((lane) => least(lane.items)?.items[0] ?? []);
    },
    /**
     * Removes an item returned by `heads` and charges its lane and tenant. A lane that was due but could not be served gets no
     * credit for later.
     */
    dequeue(item: Item): void {
      const lane = laneOf(item.lane);
      const tenant = lane.items.find(({ tenantId }) => tenantId === item.tenantId);
      if (tenant?.items[0] !== item) throw new Error('only the first item of a lane can be dequeued');
      virtualTime = lane.served;
      for (const other of lanes.values()) if (other.served < virtualTime) other.served = virtualTime;
      lane.virtualTime = tenant.served;
      tenant.items.shift();
      tenant.served += item.cost;
      lane.served += item.cost / weights[item.lane];
      if (tenant.items.length === 0) lane.items.splice(lane.items.indexOf(tenant), 1);
      size -= 1;
    },
    /** Removes a cancelled item. False when it is not queued. */
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
export type FairQueue<Item extends QueuedItem> = ReturnType<typeof createFairQueue<Item>>;
