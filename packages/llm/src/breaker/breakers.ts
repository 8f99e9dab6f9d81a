import type { Model } from '@pressroom/catalog';
import { AppError, type Clock } from '@pressroom/runtime';
import CircuitBreaker from 'opossum';
import { BreakerOpenError, ProviderError } from '../errors.ts';
import type { GatewaySettings } from '../settings/gateway-settings.ts';

type BreakerState = 'closed' | 'open' | 'halfOpen';

export interface BreakerView {
  provider: string;
  model: string;
  state: BreakerState;
  openedAtMs: number | undefined;
  /** Share of failed requests in the window, 0 to 1. */
  failureRate: number;
}

export type Action = () => Promise<void>;
interface Guard {
  model: Model;
  circuit: CircuitBreaker<[Action], void>;
  openedAtMs: number | undefined;
  /** Monotonic time at which the circuit opened; valid while it is open. */
  probeAtMs: number;
}

/** One breaker per provider and model. */
export interface Breakers {
  /** Can a request to this model start now? In the half-open state only until the probe has started. */
  isCallable(model: Model): boolean;
  /** Milliseconds until the next probe may start; 0 when it may start now. */
  reopensInMs(model: Model): number;
  /**
   * Runs an action unless the breaker is open.
   *
   * @throws {BreakerOpenError} when the breaker is open; the action was not started
   */
  run(model: Model, action: Action): Promise<void>;
  views(): BreakerView[];
  close(): void;
}

/**
 * Breakers of one process. Owns timers: `close` stops them.
 *
 * Only outages open a breaker. Errors unrelated to the provider (a refused budget, a lost lease, a cancelled call) do not
 * open it, and as a probe do not close it.
 */
export function createBreakers(options: {
  settings: GatewaySettings['breaker'];
  clock: Clock;
  onChange?: (view: BreakerView) => void;
}): Breakers {
  const { settings, clock } = options;
  const guards = new Map<string, Guard>();

  const guardOf = (model: Model): Guard => {
    const known = guards.get(model.ref);
    if (known) return known;
    const circuit = new CircuitBreaker<[Action], void>((action) => action(), {
      name: model.ref,
      timeout: false,
      errorThresholdPercentage: settings.errorThresholdPercent,
      volumeThreshold: settings.minRequests,
      rollingCountTimeout: settings.windowMs,
      resetTimeout: settings.openMs,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      errorFilter: (error: unknown) => !isOutage(error),
    });
    const guard: Guard = { model, circuit, openedAtMs: undefined, probeAtMs: 0 };
    circuit.on('open', () => {
      guard.openedAtMs = clock.nowMs();
      guard.probeAtMs = clock.monotonicMs() + settings.openMs;
      options.onChange?.(viewOf(guard));
    });
    circuit.on('halfOpen', () => options.onChange?.(viewOf(guard)));
    circuit.on('close', () => {
      guard.openedAtMs = undefined;
      options.onChange?.(viewOf(guard));
    });
    guards.set(model.ref, guard);
    return guard;
  };

  return {
    isCallable: (model) => {
      const { circuit } = guardOf(model);
      return circuit.closed || circuit.pendingClose;
    },

    reopensInMs: (model) => {
      const { circuit, probeAtMs } = guardOf(model);
      return circuit.closed ? 0 : Math.max(0, probeAtMs - clock.monotonicMs());
    },

    run: async (model, action) => {
      const { circuit } = guardOf(model);
      const isProbe = circuit.halfOpen && circuit.pendingClose;
      try {
        await circuit.fire(action);
      } catch (error) {
        // opossum treats a filtered error as a success, which closes a half-open breaker.
        if (isProbe && isInconclusive(error)) circuit.open();
        if (isRejection(error))
          throw new BreakerOpenError(`${model.ref} rejects requests at the moment: its circuit breaker is open`);
        throw error;
      }
    },

    views: () => [...guards.values()].map(viewOf),

    close: () => {
      for (const { circuit } of guards.values()) circuit.shutdown();
    },
  };
}

function viewOf({ model, circuit, openedAtMs }: Guard): BreakerView {
  const { fires, rejects, failures } = circuit.stats;
  const answered = fires - rejects;
  return {
    provider: model.provider,
    model: model.id,
    state: circuit.opened ? 'open' : circuit.halfOpen ? 'halfOpen' : 'closed',
    openedAtMs,
    failureRate: answered > 0 ? failures / answered : 0,
  };
}

const isOutage = (error: unknown): boolean => error instanceof ProviderError && error.isOutage;
const isInconclusive = (error: unknown): boolean => !(error instanceof ProviderError);
const isRejection = (error: unknown): boolean => !AppError.is(error) && CircuitBreaker.isOurError(error as Error);
