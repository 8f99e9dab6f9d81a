import type { Catalog } from '@pressroom/catalog';
import { TIERS } from '@pressroom/contracts';
import type { Clock, Logger, Random } from '@pressroom/runtime';
import { createBreakers, type BreakerView } from '../breaker/breakers.ts';
import { findComponent, keepComponent } from '../cache/component-cache.ts';
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
  /** Replies that tasks of a tenant share; without it every task pays for its own. */
  cache?: ReplyCache;
  clock: Clock;
  random: Random;
  log: Logger;
  /** Settings that differ from the defaults. */
  config?: GatewaySettingsInput;
  metrics?: GatewayMetrics;
  /** Makes breakers those of all processes; without it they are this process's own. */
  sharedBreakers?: SharedBreakers;
  /** Live worker processes, this one included: what providers allow is divided among them. Default: this one alone. */
  workers?: () => number;
}

export interface Gateway {
  /** The gateway as one attempt sees it. Cheap; make one per attempt. */
  bind(scope: CallScope): BoundLlm;
  /** State of every breaker that has been needed so far. */
  breakers(): BreakerView[];
  /**
   * Takes in which breakers the fleet holds open, as asked for at `askedAtMs` of the monotonic clock, and tells the fleet
   * what this process has seen since. To be called every half second or so; without shared breakers it does nothing.
   */
  syncBreakers(open: readonly OpenBreaker[], askedAtMs: number): void;
  /** Stops the timers of breakers and pacing; calls under way are not touched. */
  close(): void;
}

/** Makes the one gateway of a process. It owns breakers, and nothing that must outlive the process. */
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
    syncBreakers: (open, askedAtMs) => fleet?.sync(open, askedAtMs),
    close: () => {
      pacer.close();
      breakers.close();
    },
  };
}

function bindScope(context: GatewayContext, scope: CallScope): BoundLlm {
  /** Identical calls of this attempt that are under way: they share one answer. */
  const underWay = new Map<string, Promise<unknown>>();
  let avoided: ReusedReply[] = [];

  const avoid = <T>(cache: keyof typeof AVOIDED, prepared: PreparedCall<T>, reply: JournaledReply): void => {
    avoided.push(avoidedCall(context, prepared, reply, cache));
    context.metrics?.callAvoided({ purpose: prepared.call.purpose, tier: reply.tier, cache });
  };

  const answer = async <T>(prepared: PreparedCall<T>): Promise<CallResult<T>> => {
    const journaled = await findJournaled(context, scope, prepared);
    if (journaled) {
      avoid('journal', prepared, journaled.reply);
      return resultOf(journaled, prepared, 'journal');
    }
    const cached = await findComponent(context, scope, prepared);
    if (cached) {
      avoid('component', prepared, cached.reply);
      return resultOf(cached, prepared, 'component');
    }
    const answered = await answerCall(context, scope, prepared);
    await keepComponent(context, scope, prepared, answered.reply);
    return resultOf(answered, prepared, 'miss');
  };

  return {
    async call<T = string>(call: LogicalCall<T>): Promise<CallResult<T>> {
      scope.signal.throwIfAborted();
      const prepared = prepareCall(call, scope, context.catalog);
      const key = `${prepared.requestHash} ${call.path}`;
      const shared = underWay.get(key) as Promise<CallResult<T>> | undefined;
      if (shared) return await shared;
      const answered = answer(prepared).finally(() => underWay.delete(key));
      underWay.set(key, answered);
      return await answered;
    },
    takeAvoided() {
      const taken = avoided;
      avoided = [];
      return taken;
    },
  };
}

/** The reply of an earlier attempt, if it still passes the checks of today's code. */
async function findJournaled<T>(
  { store, log }: GatewayContext,
  scope: CallScope,
  { call, requestHash }: PreparedCall<T>,
): Promise<{ value: T; reply: JournaledReply } | undefined> {
  const { stepId, journalGeneration } = scope;
  if (!scope.hasPast) return undefined;
  const key = { stepId, journalGeneration, path: call.path, requestHash };
  const reply = await store.findReply(key, scope.signal);
  if (!reply) return undefined;
  const verdict = validateReply<T>(reply, call);
  if (verdict.outcome === 'valid') return { value: verdict.value, reply };
  log.warn({ stepId, purpose: call.purpose, problems: verdict.problems }, 'journal.reply_outdated');
  return undefined;
}

/** Where a reply came from instead of a provider, and what it would have cost. */
const AVOIDED = {
  journal: {
    lever: 'journal',
    reason: 'journaled by an earlier attempt',
    // Without the journal the same call would have been paid again, at the price it had.
    baselineNanoUsd: (reply: JournaledReply) => reply.costNanoUsd,
  },
  component: {
    lever: 'cache',
    reason: 'answered before for the same request',
    // Without any saving it would have been a call of its own, to the baseline model.
    baselineNanoUsd: (reply: JournaledReply) => reply.baselineNanoUsd,
  },
} as const;

function avoidedCall<T>(
  context: GatewayContext,
  { call, asked }: PreparedCall<T>,
  reply: JournaledReply,
  cache: keyof typeof AVOIDED,
): ReusedReply {
  const { lever, reason, baselineNanoUsd } = AVOIDED[cache];
  return {
    path: call.path,
    purpose: call.purpose,
    tier: reply.tier,
    provider: reply.provider,
    model: reply.model,
    prompt: { id: call.prompt.id, version: call.prompt.version },
    route: { reason, rule: asked.rule },
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
  { asked }: PreparedCall<T>,
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
    ...(TIERS.indexOf(reply.tier) < TIERS.indexOf(asked.tier) && { degraded: true as const }),
  };
}
