import { TIERS, type Tier } from '@pressroom/contracts';
import { canonicalJson, errorMessage, sha256Hex } from '@pressroom/runtime';
import type { GatewayContext } from '../gateway/gateway-context.ts';
import type { PreparedCall } from '../gateway/prepare-call.ts';
import type { CallScope, JournaledReply, ReplyCacheKey } from '../ports.ts';
import { validateReply } from '../reply/core/validate-reply.ts';

/**
 * Names the reply to a call for all tasks of a tenant: the logical request (prompt with its version, texts, schema, caps)
 * and the tier that is asked, exactly. Two calls share a reply only when nothing that a model would see differs. What a
 * simulator made up is kept apart. Pure.
 *
 * @param isSimulated are the configured providers simulators?
 */
export function componentKey<T>(
  scope: Pick<CallScope, 'tenantId'>,
  prepared: Pick<PreparedCall<T>, 'requestHash' | 'asked'>,
  isSimulated: boolean,
): ReplyCacheKey {
  const parts = { requestHash: prepared.requestHash, tier: prepared.asked.tier, isSimulated };
  return { tenantId: scope.tenantId, scope: 'component', key: sha256Hex(canonicalJson(parts)) };
}

/**
 * The reply that another task of the tenant has paid for, if it still passes the checks of today's code. A cache that is
 * down answers nothing.
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

/** Keeps a reply for the tenant's other tasks, unless a lower tier gave it than was asked. A failure costs nothing else. */
export async function keepComponent<T>(
  context: GatewayContext,
  scope: CallScope,
  prepared: PreparedCall<T>,
  reply: JournaledReply,
): Promise<void> {
  const { cache, log, settings } = context;
  if (!cache || !isCacheable(context, prepared) || isBelow(reply.tier, prepared.asked.tier)) return;
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

const isBelow = (tier: Tier, asked: Tier): boolean => TIERS.indexOf(tier) < TIERS.indexOf(asked);

const isCacheable = <T>({ catalog, settings }: GatewayContext, { call }: PreparedCall<T>): boolean =>
  settings.cache.component.enabled && catalog.purpose(call.purpose)?.cacheable === true;

const isSimulated = ({ providers }: GatewayContext): boolean =>
  [...providers.values()].some((provider) => provider.simulated);
