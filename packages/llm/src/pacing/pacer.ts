import type { Model } from '@pressroom/catalog';
import type { Lane } from '@pressroom/contracts';
import type { Clock } from '@pressroom/runtime';
import { BreakerOpenError, NoSlotError } from '../errors.ts';
import type { GatewaySettings } from '../settings/gateway-settings.ts';
import { divideLimit, type ProviderLimits } from './core/divide-limit.ts';
import { createFairQueue, type FairQueue, type QueuedItem } from './core/fair-queue.ts';
import { createRateWindow, type RateWindow, type Consumption } from './core/rate-window.ts';

const MINUTE_MS = 60_000;
/** Longest block that a `retry-after` can cause: limits may change earlier. */
const MAX_BLOCK_MS = 60_000;

/** The right to make one request. */
export interface Permit {
  /** Milliseconds spent waiting for the permit. */
  waitedMs: number;
  /** Releases the slot and reports the tokens used; `undefined` when no request was made. Idempotent. */
  settle(tokens: number | undefined): void;
}

/**
 * Keeps requests within a provider's limits per minute and within this process's slots for a model. Divides both by weight
 * between lanes and equally between the tenants of a lane, and keeps a share free of batch work. Limits are configured, or
 * learned from response headers; they apply to the API key, so each worker process uses an equal share.
 */
export interface Pacer {
  /**
   * Waits for a permit; returns immediately when nothing limits the request. A wait for the provider's limits ends after
   * `maxWaitMs`, because another model may have capacity. A wait for a slot of this process ends after `remainingMs`.
   *
   * @throws {NoSlotError} when no slot became free within `remainingMs`
   * @throws {BreakerOpenError} when the provider's limits had no capacity within `maxWaitMs`
   * @throws the signal's reason
   */
  acquire(model: Model, request: CapacityRequest): Promise<Permit>;
  /** Applies limits from response headers; configured limits take precedence. */
  learn(model: Model, limits: ProviderLimits): void;
  /** Blocks requests for `retryAfterMs` after a rate-limit error. */
  block(model: Model, retryAfterMs: number): void;
  /** Approximate wait of a small request, in milliseconds. */
  waitMs(model: Model): number;
  close(): void;
}

export interface CapacityRequest {
  lane: Lane;
  tenantId: string;
  tokens: number;
  maxWaitMs: number;
  /** Remaining time of the attempt. */
  remainingMs: number;
  signal: AbortSignal;
}

interface Waiter extends QueuedItem {
  queuedAtMs: number;
  grant: (permit: Permit) => void;
}

interface Usage {
  requests: RateWindow;
  tokens: RateWindow;
}

interface ModelState {
  model: Model;
  learned: ProviderLimits;
  /** Usage of all requests, and of batch work, which has a limit of its batchOnly. */
  all: Usage;
  batch: Usage;
  queue: FairQueue<Waiter>;
  blockedUntilMs: number;
  /** Slots in use, and those of them used by batch work. */
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
  const models = new Map<string, ModelState>();
  const now = (): number => clock.monotonicMs();

  const stateOf = (model: Model): ModelState => {
    const known = models.get(model.ref);
    if (known) return known;
    const usage = (): Usage => ({
      requests: createRateWindow({ limit: Infinity, windowMs: MINUTE_MS }),
      tokens: createRateWindow({ limit: Infinity, windowMs: MINUTE_MS }),
    });
    const state: ModelState = {
      model,
      learned: {},
      all: usage(),
      batch: usage(),
      queue: createFairQueue<Waiter>(settings.laneWeights),
      blockedUntilMs: 0,
      running: 0,
      runningBatch: 0,
      timer: undefined,
    };
    models.set(model.ref, state);
    return state;
  };

  /** Recomputes the limits, which can change with every heartbeat and response. */
  const updateLimits = ({ model, learned, all, batch }: ModelState): void => {
    const configured: ProviderLimits = { ...settings.limits[model.provider], ...settings.limits[model.ref] };
    const workerCount = workers();
    for (const [kind, limit] of [
      ['requests', configured.requestsPerMinute ?? learned.requestsPerMinute],
      ['tokens', configured.tokensPerMinute ?? learned.tokensPerMinute],
    ] as const) {
      const share = limit === undefined ? Infinity : divideLimit(limit, workerCount);
      all[kind].setLimit(share);
      batch[kind].setLimit(share === Infinity ? Infinity : Math.max(1, Math.floor(share * settings.batchShare)));
    }
  };

  /** Waits for the shared and the batch windows. A request that waits only for the latter does not delay other lanes. */
  const waitOf = (
    state: ModelState,
    lane: Lane,
    tokens: number,
    nowMs: number,
  ): { shared: number; batchOnly: number } => {
    const until = (usage: Usage): number =>
      Math.max(usage.requests.waitMs(1, nowMs), usage.tokens.waitMs(tokens, nowMs));
    return {
      shared: Math.max(state.blockedUntilMs - nowMs, until(state.all)),
      batchOnly: lane === 'batch' ? until(state.batch) : 0,
    };
  };

  const isFull = ({ running }: ModelState): boolean => running >= maxConcurrent;
  const hasSlot = (state: ModelState, lane: Lane): boolean =>
    !isFull(state) && (lane !== 'batch' || state.runningBatch < maxConcurrentBatch);

  const issuePermit = (state: ModelState, lane: Lane, tokens: number, queuedAtMs: number): Permit => {
    const nowMs = now();
    const consumptions: [RateWindow, Consumption, 'requests' | 'tokens'][] = [];
    for (const usage of lane === 'batch' ? [state.all, state.batch] : [state.all]) {
      consumptions.push([usage.requests, usage.requests.consume(1, nowMs), 'requests']);
      consumptions.push([usage.tokens, usage.tokens.consume(tokens, nowMs), 'tokens']);
    }
    let settled = false;
    const batch = lane === 'batch' ? 1 : 0;
    state.running += 1;
    state.runningBatch += batch;
    return {
      waitedMs: nowMs - queuedAtMs,
      settle(used) {
        if (settled) return;
        settled = true;
        state.running -= 1;
        state.runningBatch -= batch;
        for (const [window, amount, kind] of consumptions) {
          if (kind === 'tokens') window.correct(amount, used ?? 0);
          else if (used === undefined) window.correct(amount, 0);
        }
        grantPermits(state);
      },
    };
  };

  /** Grants all due permits and schedules the next grant. */
  const grantPermits = (state: ModelState): void => {
    state.timer?.abort();
    state.timer = undefined;
    updateLimits(state);
    // Releasing a slot calls this function again.
    while (!isFull(state)) {
      const nowMs = now();
      let soonestMs = Infinity;
      let next: Waiter | undefined;
      for (const head of state.queue.heads()) {
        if (!hasSlot(state, head.lane)) continue;
        const { shared, batchOnly } = waitOf(state, head.lane, head.cost, nowMs);
        soonestMs = Math.min(soonestMs, Math.max(shared, batchOnly));
        if (shared <= 0 && batchOnly <= 0) {
          next = head;
          break;
        }
        // A request that waits for the shared windows is not overtaken, or a large one would starve.
        if (batchOnly <= 0) break;
      }
      if (!next) {
        if (soonestMs < Infinity) scheduleGrant(state, soonestMs);
        return;
      }
      state.queue.dequeue(next);
      next.grant(issuePermit(state, next.lane, next.cost, next.queuedAtMs));
    }
  };

  const scheduleGrant = (state: ModelState, afterMs: number): void => {
    const timer = new AbortController();
    state.timer = timer;
    clock.sleep(Math.max(1, Math.ceil(afterMs)), timer.signal).then(
      () => {
        if (state.timer === timer) grantPermits(state);
      },
      () => undefined,
    );
  };

  /** Whether the request waits only for a slot. */
  const needsOnlySlot = (state: ModelState, lane: Lane, tokens: number): boolean => {
    if (hasSlot(state, lane)) return false;
    const { shared, batchOnly } = waitOf(state, lane, tokens, now());
    return shared <= 0 && batchOnly <= 0;
  };

  const wait = (state: ModelState, request: CapacityRequest): Promise<Permit> => {
    const { lane, tenantId, tokens, maxWaitMs, remainingMs, signal } = request;
    return new Promise((resolve, reject) => {
      const waitOver = new AbortController();
      const waiter: Waiter = {
        lane,
        tenantId,
        cost: Math.max(1, tokens),
        queuedAtMs: now(),
        grant: (permit) => {
          end();
          resolve(permit);
        },
      };
      const cancel = (reason: Error): void => {
        end();
        if (!state.queue.remove(waiter)) return;
        reject(reason);
        grantPermits(state);
      };
      const onAbort = (): void => {
        cancel(signal.reason as Error);
      };
      const end = (): void => {
        waitOver.abort();
        signal.removeEventListener('abort', onAbort);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const rejectAfter = (ms: number, isLast: boolean): void => {
        clock.sleep(Math.max(0, ms), waitOver.signal).then(
          () => {
            if (!needsOnlySlot(state, lane, waiter.cost)) cancel(rateLimitReached(state.model, maxWaitMs));
            else if (isLast) cancel(noFreeSlot(state.model, maxConcurrent));
            else rejectAfter(remainingMs - maxWaitMs, true);
          },
          () => undefined,
        );
      };
      rejectAfter(Math.min(maxWaitMs, remainingMs), maxWaitMs >= remainingMs);
      state.queue.push(waiter);
      grantPermits(state);
    });
  };

  return {
    async acquire(model, request) {
      request.signal.throwIfAborted();
      const state = stateOf(model);
      updateLimits(state);
      const { shared, batchOnly } = waitOf(state, request.lane, request.tokens, now());
      const isAllowed = shared <= 0 && batchOnly <= 0;
      if (state.queue.size === 0 && isAllowed && hasSlot(state, request.lane))
        return issuePermit(state, request.lane, request.tokens, now());
      if (request.remainingMs <= 0 && isAllowed) throw noFreeSlot(model, maxConcurrent);
      if (request.maxWaitMs <= 0 && !isAllowed) throw rateLimitReached(model, Math.max(shared, batchOnly));
      return await wait(state, request);
    },
    learn(model, limits) {
      const state = stateOf(model);
      const before = { ...state.learned };
      state.learned = { ...state.learned, ...omitUndefined(limits) };
      if (
        before.requestsPerMinute === state.learned.requestsPerMinute &&
        before.tokensPerMinute === state.learned.tokensPerMinute
      )
        return;
      grantPermits(state);
    },
    block(model, retryAfterMs) {
      const state = stateOf(model);
      state.blockedUntilMs = Math.max(state.blockedUntilMs, now() + Math.min(MAX_BLOCK_MS, retryAfterMs));
      grantPermits(state);
    },
    waitMs(model) {
      const state = models.get(model.ref);
      return state ? Math.max(0, waitOf(state, 'interactive', 1, now()).shared) : 0;
    },
    close() {
      for (const { timer } of models.values()) timer?.abort();
    },
  };
}

const rateLimitReached = (model: Model, retryAfterMs: number): BreakerOpenError =>
  new BreakerOpenError(`${model.ref} has reached its provider's rate limit`, {
    retryAfterMs: Math.ceil(retryAfterMs),
  });

/** Approximate time for which a call holds its slot. */
const SLOT_RETRY_MS = 5_000;

const noFreeSlot = (model: Model, slots: number): NoSlotError =>
  new NoSlotError(
    `all ${slots} slots of this process for ${model.ref} stayed in use until the attempt's time was over`,
    {
      retryAfterMs: SLOT_RETRY_MS,
    },
  );

const omitUndefined = (limits: ProviderLimits): ProviderLimits => ({
  ...(limits.requestsPerMinute !== undefined && { requestsPerMinute: limits.requestsPerMinute }),
  ...(limits.tokensPerMinute !== undefined && { tokensPerMinute: limits.tokensPerMinute }),
});
