import type { Model } from '@pressroom/catalog';
import type { Lane } from '@pressroom/contracts';
import type { Clock } from '@pressroom/runtime';
import { BreakerOpenError, NoSlotError } from '../errors.ts';
import type { GatewaySettings } from '../settings/gateway-settings.ts';
import { divideLimit, type ProviderLimits } from './core/divide-limit.ts';
import { createFairQueue, type FairQueue, type Waiting } from './core/fair-queue.ts';
import { createRateWindow, type RateWindow, type Taken } from './core/rate-window.ts';

const MINUTE_MS = 60_000;
/** A provider that asks for more is asked again after this much: it may have changed its mind. */
const MOST_BLOCKED_MS = 60_000;

/** The right to make one request. */
export interface Pass {
  /** Milliseconds it took to get it. */
  waitedMs: number;
  /** What the request really used; without it, that no request was made after all. */
  settle(tokens: number | undefined): void;
}

/**
 * Keeps requests within what a provider allows a minute and within this process's slots for a model, and shares both out: by weight between lanes, alike among the
 * tenants of a lane, and so that batch work alone never uses up what interactive work may need the next moment. Limits are
 * configured, or learnt from the provider's answers. They are the key's: each worker process keeps to its part of them.
 */
export interface Pacer {
  /**
   * Waits for the turn of a request; at once where nothing limits it. What keeps it waiting decides for how long: another
   * model may help where the provider's limits do, so `maxWaitMs` applies; where only our own slots are taken, `leftMs`.
   *
   * @throws {NoSlotError} when no slot became free within `leftMs`
   * @throws {BreakerOpenError} when the provider's limits had no room within `maxWaitMs`
   * @throws the signal's reason
   */
  acquire(model: Model, request: CapacityRequest): Promise<Pass>;
  /** Limits that a provider has told with an answer; configured ones outrank them. */
  learn(model: Model, limits: ProviderLimits): void;
  /** The provider has said that there were too many requests: none follows before this. */
  block(model: Model, retryAfterMs: number): void;
  /** Roughly how long a small request would wait now. */
  waitMs(model: Model): number;
  close(): void;
}

export interface CapacityRequest {
  lane: Lane;
  tenantId: string;
  tokens: number;
  maxWaitMs: number;
  /** What is left of the attempt. */
  leftMs: number;
  signal: AbortSignal;
}

interface Ticket extends Waiting {
  askedAtMs: number;
  grant: (pass: Pass) => void;
}

interface Usage {
  requests: RateWindow;
  tokens: RateWindow;
}

interface Lanes {
  model: Model;
  learnt: ProviderLimits;
  /** All requests, and those of batch work, which has a limit of its own. */
  all: Usage;
  batch: Usage;
  queue: FairQueue<Ticket>;
  blockedUntilMs: number;
  /** Requests that hold a slot now, and those of them that are batch work. */
  running: number;
  runningBatch: number;
  timer: AbortController | undefined;
}

export function createPacer(options: {
  settings: GatewaySettings['pacing'];
  /** Concurrent requests to one model from this process: the bulkhead. */
  maxConcurrent: number;
  clock: Clock;
  /** Live worker processes, this one included. */
  workers: () => number;
}): Pacer {
  const { settings, clock, workers, maxConcurrent } = options;
  const maxConcurrentBatch = Math.max(1, Math.floor(maxConcurrent * settings.batchShare));
  const models = new Map<string, Lanes>();
  const now = (): number => clock.monotonicMs();

  const lanesOf = (model: Model): Lanes => {
    const known = models.get(model.ref);
    if (known) return known;
    const usage = (): Usage => ({
      requests: createRateWindow({ limit: Infinity, windowMs: MINUTE_MS }),
      tokens: createRateWindow({ limit: Infinity, windowMs: MINUTE_MS }),
    });
    const lanes: Lanes = {
      model,
      learnt: {},
      all: usage(),
      batch: usage(),
      queue: createFairQueue<Ticket>(settings.laneWeights),
      blockedUntilMs: 0,
      running: 0,
      runningBatch: 0,
      timer: undefined,
    };
    models.set(model.ref, lanes);
    return lanes;
  };

  /** Limits may change with every heartbeat and every answer. */
  const refresh = ({ model, learnt, all, batch }: Lanes): void => {
    const configured: ProviderLimits = { ...settings.limits[model.provider], ...settings.limits[model.ref] };
    const share = workers();
    for (const [kind, limit] of [
      ['requests', configured.requestsPerMinute ?? learnt.requestsPerMinute],
      ['tokens', configured.tokensPerMinute ?? learnt.tokensPerMinute],
    ] as const) {
      const own = limit === undefined ? Infinity : divideLimit(limit, share);
      all[kind].setLimit(own);
      batch[kind].setLimit(own === Infinity ? Infinity : Math.max(1, Math.floor(own * settings.batchShare)));
    }
  };

  /** How long a request must wait for the windows; what waits for `own` alone does not keep other lanes back. */
  const waitOf = (lanes: Lanes, lane: Lane, tokens: number, nowMs: number): { shared: number; own: number } => {
    const until = (usage: Usage): number =>
      Math.max(usage.requests.waitMs(1, nowMs), usage.tokens.waitMs(tokens, nowMs));
    return {
      shared: Math.max(lanes.blockedUntilMs - nowMs, until(lanes.all)),
      own: lane === 'batch' ? until(lanes.batch) : 0,
    };
  };

  const isFull = ({ running }: Lanes): boolean => running >= maxConcurrent;
  const hasSlot = (lanes: Lanes, lane: Lane): boolean =>
    !isFull(lanes) && (lane !== 'batch' || lanes.runningBatch < maxConcurrentBatch);

  const takePass = (lanes: Lanes, lane: Lane, tokens: number, askedAtMs: number): Pass => {
    const nowMs = now();
    const taken: [RateWindow, Taken, 'requests' | 'tokens'][] = [];
    for (const usage of lane === 'batch' ? [lanes.all, lanes.batch] : [lanes.all]) {
      taken.push([usage.requests, usage.requests.take(1, nowMs), 'requests']);
      taken.push([usage.tokens, usage.tokens.take(tokens, nowMs), 'tokens']);
    }
    let settled = false;
    const batch = lane === 'batch' ? 1 : 0;
    lanes.running += 1;
    lanes.runningBatch += batch;
    return {
      waitedMs: nowMs - askedAtMs,
      settle(used) {
        if (settled) return;
        settled = true;
        lanes.running -= 1;
        lanes.runningBatch -= batch;
        for (const [window, amount, kind] of taken) {
          if (kind === 'tokens') window.correct(amount, used ?? 0);
          else if (used === undefined) window.correct(amount, 0);
        }
        pump(lanes);
      },
    };
  };

  /** Lets go who may go, in their turn, and comes back when the next one may. */
  const pump = (lanes: Lanes): void => {
    lanes.timer?.abort();
    lanes.timer = undefined;
    refresh(lanes);
    // Whoever gives a slot back comes here again.
    while (!isFull(lanes)) {
      const nowMs = now();
      let soonestMs = Infinity;
      let next: Ticket | undefined;
      for (const head of lanes.queue.heads()) {
        if (!hasSlot(lanes, head.lane)) continue;
        const { shared, own } = waitOf(lanes, head.lane, head.cost, nowMs);
        soonestMs = Math.min(soonestMs, Math.max(shared, own));
        if (shared <= 0 && own <= 0) {
          next = head;
          break;
        }
        // Whoever waits for what all share is not overtaken: a large request would never get its turn otherwise.
        if (own <= 0) break;
      }
      if (!next) {
        if (soonestMs < Infinity) comeBack(lanes, soonestMs);
        return;
      }
      lanes.queue.take(next);
      next.grant(takePass(lanes, next.lane, next.cost, next.askedAtMs));
    }
  };

  const comeBack = (lanes: Lanes, afterMs: number): void => {
    const timer = new AbortController();
    lanes.timer = timer;
    clock.sleep(Math.max(1, Math.ceil(afterMs)), timer.signal).then(
      () => {
        if (lanes.timer === timer) pump(lanes);
      },
      () => undefined,
    );
  };

  /** Would the request go now if it had a slot? */
  const waitsForSlot = (lanes: Lanes, lane: Lane, tokens: number): boolean => {
    if (hasSlot(lanes, lane)) return false;
    const { shared, own } = waitOf(lanes, lane, tokens, now());
    return shared <= 0 && own <= 0;
  };

  const wait = (lanes: Lanes, request: CapacityRequest): Promise<Pass> => {
    const { lane, tenantId, tokens, maxWaitMs, leftMs, signal } = request;
    return new Promise((resolve, reject) => {
      const over = new AbortController();
      const ticket: Ticket = {
        lane,
        tenantId,
        cost: Math.max(1, tokens),
        askedAtMs: now(),
        grant: (pass) => {
          end();
          resolve(pass);
        },
      };
      const leave = (reason: Error): void => {
        end();
        if (!lanes.queue.remove(ticket)) return;
        reject(reason);
        pump(lanes);
      };
      const onAbort = (): void => {
        leave(signal.reason as Error);
      };
      const end = (): void => {
        over.abort();
        signal.removeEventListener('abort', onAbort);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const leaveAfter = (ms: number, isLast: boolean): void => {
        clock.sleep(Math.max(0, ms), over.signal).then(
          () => {
            if (!waitsForSlot(lanes, lane, ticket.cost)) leave(noCapacity(lanes.model, maxWaitMs));
            else if (isLast) leave(noSlot(lanes.model, maxConcurrent));
            else leaveAfter(leftMs - maxWaitMs, true);
          },
          () => undefined,
        );
      };
      leaveAfter(Math.min(maxWaitMs, leftMs), maxWaitMs >= leftMs);
      lanes.queue.push(ticket);
      pump(lanes);
    });
  };

  return {
    async acquire(model, request) {
      request.signal.throwIfAborted();
      const lanes = lanesOf(model);
      refresh(lanes);
      const { shared, own } = waitOf(lanes, request.lane, request.tokens, now());
      const isAllowed = shared <= 0 && own <= 0;
      if (lanes.queue.size === 0 && isAllowed && hasSlot(lanes, request.lane))
        return takePass(lanes, request.lane, request.tokens, now());
      if (request.leftMs <= 0 && isAllowed) throw noSlot(model, maxConcurrent);
      if (request.maxWaitMs <= 0 && !isAllowed) throw noCapacity(model, Math.max(shared, own));
      return await wait(lanes, request);
    },
    learn(model, limits) {
      const lanes = lanesOf(model);
      const before = { ...lanes.learnt };
      lanes.learnt = { ...lanes.learnt, ...definedOf(limits) };
      if (
        before.requestsPerMinute === lanes.learnt.requestsPerMinute &&
        before.tokensPerMinute === lanes.learnt.tokensPerMinute
      )
        return;
      pump(lanes);
    },
    block(model, retryAfterMs) {
      const lanes = lanesOf(model);
      lanes.blockedUntilMs = Math.max(lanes.blockedUntilMs, now() + Math.min(MOST_BLOCKED_MS, retryAfterMs));
      pump(lanes);
    },
    waitMs(model) {
      const lanes = models.get(model.ref);
      return lanes ? Math.max(0, waitOf(lanes, 'interactive', 1, now()).shared) : 0;
    },
    close() {
      for (const { timer } of models.values()) timer?.abort();
    },
  };
}

const noCapacity = (model: Model, retryAfterMs: number): BreakerOpenError =>
  new BreakerOpenError(`${model.ref} is used as much as its provider allows`, {
    retryAfterMs: Math.ceil(retryAfterMs),
  });

/** Roughly how long a call holds its slot. */
const SLOT_RETRY_MS = 5_000;

const noSlot = (model: Model, slots: number): NoSlotError =>
  new NoSlotError(`all ${slots} slots of this process for ${model.ref} stayed taken while the attempt had time`, {
    retryAfterMs: SLOT_RETRY_MS,
  });

const definedOf = (limits: ProviderLimits): ProviderLimits => ({
  ...(limits.requestsPerMinute !== undefined && { requestsPerMinute: limits.requestsPerMinute }),
  ...(limits.tokensPerMinute !== undefined && { tokensPerMinute: limits.tokensPerMinute }),
});
