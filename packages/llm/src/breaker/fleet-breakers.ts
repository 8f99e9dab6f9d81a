import type { Model } from '@pressroom/catalog';
import { errorMessage, type Clock, type Logger } from '@pressroom/runtime';
import { BreakerOpenError, ProviderError } from '../errors.ts';
import type { BreakerKey, OpenBreaker, SharedBreakers } from '../ports.ts';
import type { GatewaySettings } from '../settings/gateway-settings.ts';
import { createBreakers, type Action, type Breakers, type BreakerView } from './breakers.ts';

/** Longer than any call. The probe of a crashed process is released earlier, with its session. */
const PROBE_MAX_MS = 120_000;
/** Retry interval while another process's probe runs. */
const PROBING_RETRY_MS = 500;
const END_PROBE_ATTEMPTS = 3;
const RETRY_MS = 250;

/** This process's copy of the state of a shared breaker. */
interface KnownState {
  key: BreakerKey;
  isOpen: boolean;
  /** Monotonic time until which the breaker is open. */
  openUntilMs: number;
  probing: boolean;
  openedAtMs: number | undefined;
  /** Monotonic time at which this state was queried: older results are ignored. */
  queriedAtMs: number;
}

export interface FleetBreakers extends Breakers {
  sync(open: readonly OpenBreaker[], queriedAtMs: number): void;
}

/**
 * Breakers that all processes share. An outage is reported to the store immediately, other results with the next `sync`;
 * the store decides whether a breaker is open. After the open time, one process may send one request as a probe. The
 * rolling failure rates are per process.
 *
 * Reservations use the same store: while it is unavailable no request is made, so no reports are lost.
 */
export function createFleetBreakers(options: {
  settings: GatewaySettings['breaker'];
  clock: Clock;
  shared: SharedBreakers;
  onChange?: (view: BreakerView) => void;
  log: Logger;
}): FleetBreakers {
  const { settings, clock, shared, log } = options;
  // Never opens locally.
  const local = createBreakers({ settings: { ...settings, minRequests: Number.MAX_SAFE_INTEGER }, clock });
  const known = new Map<string, KnownState>();
  let unreported = new Map<string, BreakerKey & { requests: number; failures: number }>();

  const viewOf = ({ key, isOpen, openUntilMs, openedAtMs }: KnownState): BreakerView => ({
    ...key,
    state: !isOpen ? 'closed' : clock.monotonicMs() < openUntilMs ? 'open' : 'halfOpen',
    openedAtMs,
    failureRate: local.views().find((view) => nameOf(view) === nameOf(key))?.failureRate ?? 0,
  });

  const update = (key: BreakerKey, open: OpenBreaker | undefined, queriedAtMs: number): void => {
    const name = nameOf(key);
    const before = known.get(name);
    if (before && before.queriedAtMs > queriedAtMs) return;
    const after: KnownState = {
      key,
      isOpen: open !== undefined,
      openUntilMs: clock.monotonicMs() + (open?.openForMs ?? 0),
      probing: open?.probing ?? false,
      openedAtMs: open && (before?.openedAtMs ?? clock.nowMs()),
      queriedAtMs: queriedAtMs,
    };
    known.set(name, after);
    if (after.isOpen !== (before?.isOpen ?? false)) options.onChange?.(viewOf(after));
  };

  const report = async (): Promise<void> => {
    const calls = [...unreported.values()];
    if (calls.length === 0) return;
    unreported = new Map();
    const queriedAtMs = clock.monotonicMs();
    try {
      const open = new Map((await shared.report(calls, settings)).map((breaker) => [nameOf(breaker), breaker]));
      for (const { provider, model } of calls)
        update({ provider, model }, open.get(nameOf({ provider, model })), queriedAtMs);
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

  /** Runs a request while the breaker is closed and counts its result. */
  const runAndCount = async (model: Model, action: Action): Promise<void> => {
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
        update(key, open, clock.monotonicMs());
        return;
      } catch (error) {
        log.warn({ ...key, reason: errorMessage(error) }, 'breaker.probe_not_ended');
        if (attempt === END_PROBE_ATTEMPTS) return;
        await clock.sleep(RETRY_MS);
      }
    }
  };

  /** Only a result that reflects the provider proves its health. */
  const runProbe = async (model: Model, action: Action, open: KnownState): Promise<void> => {
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

  const stateOf = (model: Model): KnownState | undefined => {
    const state = known.get(nameOf(keyOf(model)));
    return state?.isOpen === true ? state : undefined;
  };
  const isOpenTimeOver = (state: KnownState): boolean => clock.monotonicMs() >= state.openUntilMs;

  return {
    isCallable: (model) => {
      const state = stateOf(model);
      return state === undefined || (isOpenTimeOver(state) && !state.probing);
    },

    reopensInMs: (model) => {
      const state = stateOf(model);
      if (state === undefined) return 0;
      return Math.max(state.probing ? PROBING_RETRY_MS : 0, state.openUntilMs - clock.monotonicMs());
    },

    run: async (model, action) => {
      const state = stateOf(model);
      if (state === undefined) {
        await runAndCount(model, action);
        return;
      }
      if (!isOpenTimeOver(state))
        throw new BreakerOpenError(`${model.ref} rejects requests at the moment: its circuit breaker is open`);
      const queriedAtMs = clock.monotonicMs();
      const answer = await shared.takeProbe(keyOf(model), PROBE_MAX_MS);
      switch (answer.outcome) {
        case 'probe':
          await runProbe(model, action, state);
          return;
        case 'closed':
          update(keyOf(model), undefined, queriedAtMs);
          await runAndCount(model, action);
          return;
        case 'wait':
          update(
            keyOf(model),
            { ...keyOf(model), openForMs: answer.openForMs, probing: answer.openForMs === 0 },
            queriedAtMs,
          );
          throw new BreakerOpenError(`${model.ref} rejects requests at the moment: its circuit breaker is open`);
      }
    },

    views: () => [...Array.from(known.values(), viewOf), ...local.views().filter((view) => !known.has(nameOf(view)))],

    sync: (open, queriedAtMs) => {
      const listed = new Map(open.map((breaker) => [nameOf(breaker), breaker]));
      for (const breaker of open) update({ provider: breaker.provider, model: breaker.model }, breaker, queriedAtMs);
      for (const state of known.values()) {
        if (state.isOpen && !listed.has(nameOf(state.key))) update(state.key, undefined, queriedAtMs);
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
