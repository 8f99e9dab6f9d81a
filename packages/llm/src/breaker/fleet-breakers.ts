import type { Model } from '@pressroom/catalog';
import { errorMessage, type Clock, type Logger } from '@pressroom/runtime';
import { BreakerOpenError, ProviderError } from '../errors.ts';
import type { BreakerKey, OpenBreaker, SharedBreakers } from '../ports.ts';
import type { GatewaySettings } from '../settings/gateway-settings.ts';
import { createBreakers, type Action, type Breakers, type BreakerView } from './breakers.ts';

/** Longer than any call may take. A probe whose process died is free again much earlier, with its session. */
const PROBE_MAX_MS = 120_000;
/** When to ask again while another process's probe runs. */
const PROBING_RETRY_MS = 500;
const END_PROBE_TRIES = 3;
const RETRY_MS = 250;

/** What this process knows of a breaker that the fleet shares. */
interface Known {
  key: BreakerKey;
  isOpen: boolean;
  /** On the monotonic clock. */
  openUntilMs: number;
  probing: boolean;
  openedAtMs: number | undefined;
  /** When it was learned: older news changes nothing. */
  knownAtMs: number;
}

export interface FleetBreakers extends Breakers {
  sync(open: readonly OpenBreaker[], askedAtMs: number): void;
}

/**
 * Breakers that all processes share. What is seen here is counted into the fleet's: an outage at once, the rest with the
 * next `sync`; whether a breaker is open is what the fleet says. Its time over, one process anywhere may send one request
 * as a probe. The rolling rates stay this process's own.
 *
 * The store behind it is the one that reservations need: without it no request is made at all, so that a breaker that
 * cannot be told anything has nothing to tell.
 */
export function createFleetBreakers(options: {
  settings: GatewaySettings['breaker'];
  clock: Clock;
  shared: SharedBreakers;
  onChange?: (view: BreakerView) => void;
  log: Logger;
}): FleetBreakers {
  const { settings, clock, shared, log } = options;
  // Never opens by itself.
  const local = createBreakers({ settings: { ...settings, minRequests: Number.MAX_SAFE_INTEGER }, clock });
  const known = new Map<string, Known>();
  let unreported = new Map<string, BreakerKey & { requests: number; failures: number }>();

  const viewOf = ({ key, isOpen, openUntilMs, openedAtMs }: Known): BreakerView => ({
    ...key,
    state: !isOpen ? 'closed' : clock.monotonicMs() < openUntilMs ? 'open' : 'halfOpen',
    openedAtMs,
    failureRate: local.views().find((view) => nameOf(view) === nameOf(key))?.failureRate ?? 0,
  });

  const learn = (key: BreakerKey, open: OpenBreaker | undefined, askedAtMs: number): void => {
    const name = nameOf(key);
    const before = known.get(name);
    if (before && before.knownAtMs > askedAtMs) return;
    const after: Known = {
      key,
      isOpen: open !== undefined,
      openUntilMs: clock.monotonicMs() + (open?.openForMs ?? 0),
      probing: open?.probing ?? false,
      openedAtMs: open && (before?.openedAtMs ?? clock.nowMs()),
      knownAtMs: askedAtMs,
    };
    known.set(name, after);
    if (after.isOpen !== (before?.isOpen ?? false)) options.onChange?.(viewOf(after));
  };

  const report = async (): Promise<void> => {
    const calls = [...unreported.values()];
    if (calls.length === 0) return;
    unreported = new Map();
    const askedAtMs = clock.monotonicMs();
    try {
      const open = new Map((await shared.report(calls, settings)).map((breaker) => [nameOf(breaker), breaker]));
      for (const { provider, model } of calls)
        learn({ provider, model }, open.get(nameOf({ provider, model })), askedAtMs);
    } catch (error) {
      for (const call of calls) add(call, call.requests, call.failures);
      log.warn({ reason: errorMessage(error) }, 'breaker.report_failed');
    }
  };

  const add = (key: BreakerKey, requests: number, failures: number): void => {
    const sum = unreported.get(nameOf(key)) ?? { provider: key.provider, model: key.model, requests: 0, failures: 0 };
    sum.requests += requests;
    sum.failures += failures;
    unreported.set(nameOf(key), sum);
  };

  /** A request with the breaker closed, counted by what it says of the provider. */
  const runCounted = async (model: Model, action: Action): Promise<void> => {
    try {
      await local.run(model, action);
      add(keyOf(model), 1, 0);
    } catch (error) {
      if (error instanceof ProviderError) {
        add(keyOf(model), 1, error.isOutage ? 1 : 0);
        if (error.isOutage) await report();
      }
      throw error;
    }
  };

  const endProbe = async (key: BreakerKey, state: 'closed' | 'open'): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await shared.endProbe(key, state, settings.openMs);
        const open = state === 'open' ? { ...key, openForMs: settings.openMs, probing: false } : undefined;
        learn(key, open, clock.monotonicMs());
        return;
      } catch (error) {
        log.warn({ ...key, reason: errorMessage(error) }, 'breaker.probe_not_ended');
        if (attempt === END_PROBE_TRIES) return;
        await clock.sleep(RETRY_MS);
      }
    }
  };

  /** Only a reply that says something of the provider is proof of its health. */
  const runProbe = async (model: Model, action: Action, open: Known): Promise<void> => {
    options.onChange?.(viewOf(open));
    let state: 'closed' | 'open' = 'open';
    try {
      await local.run(model, action);
      state = 'closed';
    } catch (error) {
      if (error instanceof ProviderError && !error.isOutage) state = 'closed';
      throw error;
    } finally {
      await endProbe(keyOf(model), state);
    }
  };

  const stateOf = (model: Model): Known | undefined => {
    const state = known.get(nameOf(keyOf(model)));
    return state?.isOpen === true ? state : undefined;
  };
  const isOver = (state: Known): boolean => clock.monotonicMs() >= state.openUntilMs;

  return {
    isCallable: (model) => {
      const state = stateOf(model);
      return state === undefined || (isOver(state) && !state.probing);
    },

    reopensInMs: (model) => {
      const state = stateOf(model);
      if (state === undefined) return 0;
      return Math.max(state.probing ? PROBING_RETRY_MS : 0, state.openUntilMs - clock.monotonicMs());
    },

    run: async (model, action) => {
      const state = stateOf(model);
      if (state === undefined) {
        await runCounted(model, action);
        return;
      }
      if (!isOver(state)) throw new BreakerOpenError(`${model.ref} takes no requests at the moment`);
      const askedAtMs = clock.monotonicMs();
      const answer = await shared.takeProbe(keyOf(model), PROBE_MAX_MS);
      switch (answer.outcome) {
        case 'probe':
          await runProbe(model, action, state);
          return;
        case 'closed':
          learn(keyOf(model), undefined, askedAtMs);
          await runCounted(model, action);
          return;
        case 'wait':
          learn(
            keyOf(model),
            { ...keyOf(model), openForMs: answer.openForMs, probing: answer.openForMs === 0 },
            askedAtMs,
          );
          throw new BreakerOpenError(`${model.ref} takes no requests at the moment`);
      }
    },

    views: () => [...Array.from(known.values(), viewOf), ...local.views().filter((view) => !known.has(nameOf(view)))],

    sync: (open, askedAtMs) => {
      const listed = new Map(open.map((breaker) => [nameOf(breaker), breaker]));
      for (const breaker of open) learn({ provider: breaker.provider, model: breaker.model }, breaker, askedAtMs);
      for (const state of known.values()) {
        if (state.isOpen && !listed.has(nameOf(state.key))) learn(state.key, undefined, askedAtMs);
      }
      void report();
    },

    close: () => {
      local.close();
    },
  };
}

const keyOf = (model: Model): BreakerKey => ({ provider: model.provider, model: model.id });
const nameOf = ({ provider, model }: BreakerKey): string => `${provider} ${model}`;
