import { TIERS, type Tier } from '@pressroom/contracts';
import { canonicalJson, errorMessage, sha256Hex } from '@pressroom/runtime';
import type { GatewayContext } from '../gateway/gateway-context.ts';
import type { PreparedCall } from '../gateway/prepare-call.ts';
import type { CallScope, JournaledReply, ReplyCacheKey } from '../ports.ts';
import { validateReply } from '../reply/core/validate-reply.ts';

/**
 * Cache key of a call, shared by all tasks of a tenant: the logical request (prompt with its version, texts, schema, caps)
 * and the requested tier. Two calls share a reply only when the model would receive identical input. Simulated replies
 * have separate keys. Pure.
 *
 * @param isSimulated whether the configured providers are simulators
 */
export function componentKey<T>(
  scope: Pick<CallScope, 'tenantId'>,
  prepared: Pick<PreparedCall<T>, 'requestHash' | 'decision'>,
  isSimulated: boolean,
): ReplyCacheKey {
  const parts = { requestHash: prepared.requestHash, tier: prepared.decision.tier, isSimulated };
  return { tenantId: scope.tenantId, scope: 'component', key: sha256Hex(canonicalJson(parts)) };
}

/**
 * Finds a reply that another task of the tenant has paid for and that still passes validation. An unavailable cache is a
 * miss.
 */
export async function findComponent<T>(
  context: GatewayContext,
  scope: CallScope,
  prepared: PreparedCall<T>,
): Promise<{ value: T; reply: JournaledReply } | undefined> {
  const { cache, log } = context;
  if (!cache || !isCacheable(context, prepared)) return undefined;
  const { purpose } = prepared.call;
  const reply = await cache.find(componentKey(scope, prepared, isSimulated(context))).catch((error: unknown) => {
    log.warn({ purpose, reason: errorMessage(error) }, 'cache.find_failed');
    return undefined;
  });
  if (!reply) return undefined;
  const verdict = validateReply<T>(reply, prepared.call);
  if (verdict.outcome === 'valid') return { value: verdict.value, reply };
  log.warn({ purpose, problems: verdict.problems }, 'cache.reply_outdated');
  return undefined;
}

/** Saves a reply for the tenant's other tasks, unless a lower tier than requested gave it. Failures are logged only. */
export async function saveComponent<T>(
  context: GatewayContext,
  scope: CallScope,
  prepared: PreparedCall<T>,
  reply: JournaledReply,
): Promise<void> {
  const { cache, log, settings } = context;
  if (!cache || !isCacheable(context, prepared) || isBelow(reply.tier, prepared.decision.tier)) return;
  const entry = {
    ...componentKey(scope, prepared, isSimulated(context)),
    taskId: scope.taskId,
    reply,
    ttlMs: settings.cache.component.ttlMs,
  };
  await cache.save(entry).catch((error: unknown) => {
    log.warn({ purpose: prepared.call.purpose, reason: errorMessage(error) }, 'cache.save_failed');
  });
}

const isBelow = (tier: Tier, requested: Tier): boolean => TIERS.indexOf(tier) < TIERS.indexOf(requested);

const isCacheable = <T>({ catalog, settings }: GatewayContext, { call }: PreparedCall<T>): boolean =>
  settings.cache.component.enabled && catalog.purpose(call.purpose)?.cacheable === true;

const isSimulated = ({ providers }: GatewayContext): boolean =>
  [...providers.values()].some((provider) => provider.simulated);
