import { calculateWorstCase, type Model } from '@pressroom/catalog';
import { newId } from '@pressroom/runtime';
import { BudgetExhaustedError, CallBudgetExhaustedError, LeaseLostError } from '../errors.ts';
import type { CallScope, LedgerFacts, ReserveRequest } from '../ports.ts';
import type { Candidate } from '../routing/core/list-candidates.ts';
import type { PromptEstimate } from '../tokens/estimate-prompt.ts';
import type { GatewayContext } from './gateway-context.ts';
import type { PreparedCall } from './prepare-call.ts';

/**
 * Holds the worst case and takes a try; gives the try back when the hold was refused.
 *
 * @throws {BudgetExhaustedError} {@link LeaseLostError} {@link CallBudgetExhaustedError}
 */
export async function reserve(context: GatewayContext, reservation: ReserveRequest): Promise<void> {
  const { tries } = reservation.scope;
  if (tries.left <= 0) throw new CallBudgetExhaustedError();
  tries.left -= 1;
  let granted = false;
  try {
    const held = await context.store.reserve(reservation);
    if (held.outcome === 'over_budget') throw new BudgetExhaustedError(held);
    if (held.outcome === 'fenced') throw new LeaseLostError();
    granted = true;
  } finally {
    if (!granted) tries.left += 1;
  }
}

export function reservationOf<T>(
  context: GatewayContext,
  scope: CallScope,
  prepared: PreparedCall<T>,
  model: Model,
  estimate: PromptEstimate,
  facts: LedgerFacts,
  atMs: number,
): ReserveRequest {
  const most = {
    promptTokens: estimate.maxTokens,
    maxOutputTokens: prepared.outputCapTokens,
    cacheWrite: model.minCacheablePrefixTokens === undefined ? ('none' as const) : ('5m' as const),
  };
  return {
    ...facts,
    reservationId: newId(),
    scope,
    path: prepared.call.path,
    requestHash: prepared.requestHash,
    amountNanoUsd: calculateWorstCase(most, model, atMs),
    inputTokens: most.promptTokens,
    maxOutputTokens: most.maxOutputTokens,
    baselineNanoUsd: calculateWorstCase({ ...most, cacheWrite: 'none' }, baselineOf(context, atMs), atMs),
  };
}

function factsOf<T>(
  context: GatewayContext,
  { call }: PreparedCall<T>,
  { model, tier }: { model: Model; tier: Tier },
  provider: Provider,
  route: LedgerFacts['route'],
): LedgerFacts {
  return {
    purpose: call.purpose,
    tier,
    provider: model.provider,
    model: model.id,
    prompt: { id: call.prompt.id, version: call.prompt.version },
    route,
    priceVersion: context.catalog.version,
    simulated: provider.simulated,
  };
}

export const baselineOf = ({ catalog, providers }: GatewayContext, atMs: number): Model =>
  catalog.baseline(atMs, (model) => providers.has(model.provider));
