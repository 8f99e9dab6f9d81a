import type { Catalog } from '@pressroom/catalog';
import { TIERS } from '@pressroom/contracts';
import type { Clock, Logger, Random } from '@pressroom/runtime';
import { createBreakers, type BreakerView } from '../breaker/breakers.ts';
import { findComponent, saveComponent } from '../cache/component-cache.ts';
import { createFleetBreakers } from '../breaker/fleet-breakers.ts';
import type {
  ReusedReply,
  BoundLlm,
  CallResult,
  CallScope,
  GatewayStore,
  JournaledReply,
  LogicalCall,
  OpenBreaker,
  ReplyCache,
  SharedBreakers,
} from '../ports.ts';
import { createPacer } from '../pacing/pacer.ts';
import type { Provider } from '../provider.ts';
import { validateReply } from '../reply/core/validate-reply.ts';
import { GatewaySettings, type GatewaySettingsInput } from '../settings/gateway-settings.ts';
import { answerCall } from './answer-call.ts';
import type { GatewayContext, GatewayMetrics } from './gateway-context.ts';
import { prepareCall, type PreparedCall } from './prepare-call.ts';

export interface GatewayDeps {
  catalog: Catalog;
  providers: readonly Provider[];
  store: GatewayStore;
  /** Replies shared by the tasks of a tenant; without it every task pays for its own. */
  cache?: ReplyCache;
  clock: Clock;
  random: Random;
  log: Logger;
  /** Overrides of the default settings. */
  config?: GatewaySettingsInput;
  metrics?: GatewayMetrics;
  /** Shares breaker state among all processes; without it breakers are per process. */
  sharedBreakers?: SharedBreakers;
  /** Number of live worker processes, this one included: provider limits are divided among them. Default: 1. */
  workers?: () => number;
}

export interface Gateway {
  /** Binds the gateway to one attempt. Cheap. */
  bind(scope: CallScope): BoundLlm;
  /** State of every breaker used so far. */
  breakers(): BreakerView[];
  /**
   * Applies the list of open shared breakers, queried at `queriedAtMs` (monotonic), and reports this process's results since
   * the last call. Call it about every 500 ms. No effect without shared breakers.
   */
  syncBreakers(open: readonly OpenBreaker[], queriedAtMs: number): void;
  /** Stops the timers of breakers and pacing; running calls are not affected. */
  close(): void;
}

/** Creates the gateway, once per process. It holds no state that must survive the process. */
export function createGateway(deps: GatewayDeps): Gateway {
  const settings = GatewaySettings.parse(deps.config ?? {});
  const { metrics, log } = deps;
  const onChange = (view: BreakerView): void => {
    log.info(view, 'breaker.changed');
    metrics?.breakerChanged(view);
  };
  const common = { settings: settings.breaker, clock: deps.clock, onChange };
  const fleet = deps.sharedBreakers && createFleetBreakers({ ...common, shared: deps.sharedBreakers, log });
  const breakers = fleet ?? createBreakers(common);
  const pacer = createPacer({
    settings: settings.pacing,
    maxConcurrent: settings.breaker.maxConcurrent,
    clock: deps.clock,
    workers: deps.workers ?? (() => 1),
  });
  const context: GatewayContext = {
    ...deps,
    providers: new Map(deps.providers.map((provider) => [provider.name, provider])),
    settings,
    breakers,
    pacer,
    metrics,
  };
  return {
    bind: (scope) => bindScope(context, scope),
    breakers: () => breakers.views(),
    syncBreakers: (open, queriedAtMs) => fleet?.sync(open, queriedAtMs),
    close: () => {
      pacer.close();
      breakers.close();
    },
  };
}

function bindScope(context: GatewayContext, scope: CallScope): BoundLlm {
  /** Identical calls of this attempt that are in flight share one answer. */
  const inFlight = new Map<string, Promise<unknown>>();
  let avoided: ReusedReply[] = [];

  const recordReuse = <T>(
    cache: keyof typeof REUSED_REPLY_FACTS,
    prepared: PreparedCall<T>,
    reply: JournaledReply,
  ): void => {
    avoided.push(reusedReply(context, prepared, reply, cache));
    context.metrics?.replyReused({ purpose: prepared.call.purpose, tier: reply.tier, cache });
  };

  const answer = async <T>(prepared: PreparedCall<T>): Promise<CallResult<T>> => {
    const journaled = await findJournaled(context, scope, prepared);
    if (journaled) {
      recordReuse('journal', prepared, journaled.reply);
      return resultOf(journaled, prepared, 'journal');
    }
    const cached = await findComponent(context, scope, prepared);
    if (cached) {
      recordReuse('component', prepared, cached.reply);
      return resultOf(cached, prepared, 'component');
    }
    const answered = await answerCall(context, scope, prepared);
    await saveComponent(context, scope, prepared, answered.reply);
    return resultOf(answered, prepared, 'miss');
  };

  return {
    async call<T = string>(call: LogicalCall<T>): Promise<CallResult<T>> {
      scope.signal.throwIfAborted();
      const prepared = prepareCall(call, scope, context.catalog);
      const key = `${prepared.requestHash} ${call.path}`;
      const shared = inFlight.get(key) as Promise<CallResult<T>> | undefined;
      if (shared) return await shared;
      const answered = answer(prepared).finally(() => inFlight.delete(key));
      inFlight.set(key, answered);
      return await answered;
    },
    takeReusedReplies() {
      const taken = avoided;
      avoided = [];
      return taken;
    },
  };
}

/** The reply of an earlier attempt, if it still passes validation. */
async function findJournaled<T>(
  { store, log }: GatewayContext,
  scope: CallScope,
  { call, requestHash }: PreparedCall<T>,
): Promise<{ value: T; reply: JournaledReply } | undefined> {
  const { stepId, journalGeneration } = scope;
  if (!scope.hasPriorRun) return undefined;
  const key = { stepId, journalGeneration, path: call.path, requestHash };
  const reply = await store.findReply(key, scope.signal);
  if (!reply) return undefined;
  const verdict = validateReply<T>(reply, call);
  if (verdict.outcome === 'valid') return { value: verdict.value, reply };
  log.warn({ stepId, purpose: call.purpose, problems: verdict.problems }, 'journal.reply_outdated');
  return undefined;
}

/** Ledger facts of a reused reply: its origin and what the call would have cost. */
const REUSED_REPLY_FACTS = {
  journal: {
    lever: 'journal',
    reason: 'journaled by an earlier attempt',
    // Without the journal the call would have been paid again, at its original price.
    baselineNanoUsd: (reply: JournaledReply) => reply.costNanoUsd,
  },
  component: {
    lever: 'cache',
    reason: 'answered before for the same request',
    // Without the cache it would have been a separate call to the baseline model.
    baselineNanoUsd: (reply: JournaledReply) => reply.baselineNanoUsd,
  },
} as const;

function reusedReply<T>(
  context: GatewayContext,
  { call, decision }: PreparedCall<T>,
  reply: JournaledReply,
  cache: keyof typeof REUSED_REPLY_FACTS,
): ReusedReply {
  const { lever, reason, baselineNanoUsd } = REUSED_REPLY_FACTS[cache];
  return {
    path: call.path,
    purpose: call.purpose,
    tier: reply.tier,
    provider: reply.provider,
    model: reply.model,
    prompt: { id: call.prompt.id, version: call.prompt.version },
    route: { reason, rule: decision.rule },
    priceVersion: context.catalog.version,
    simulated: reply.simulated,
    cache,
    lever,
    usage: reply.usage,
    baselineNanoUsd: baselineNanoUsd(reply),
  };
}

function resultOf<T>(
  { value, reply }: { value: T; reply: JournaledReply },
  { decision }: PreparedCall<T>,
  cache: CallResult<T>['cache'],
): CallResult<T> {
  return {
    value,
    finish: reply.finish,
    tier: reply.tier,
    model: reply.model,
    provider: reply.provider,
    cache,
    simulated: reply.simulated,
    ...(TIERS.indexOf(reply.tier) < TIERS.indexOf(decision.tier) && { degraded: true as const }),
  };
}
