import { calculateWorstCase, requestedServiceTier, type Model } from '@pressroom/catalog';
import { LeaseLostError, newId } from '@pressroom/runtime';
import { BudgetExhaustedError, CallBudgetExhaustedError } from '../errors.ts';
import type { CallScope, LedgerFacts, ReserveRequest } from '../ports.ts';
import type { Provider } from '../provider.ts';
import type { Candidate } from '../routing/core/list-candidates.ts';
import type { PromptEstimate } from '../tokens/estimate-prompt.ts';
import type { GatewayContext } from './gateway-context.ts';
import type { PreparedCall } from './prepare-call.ts';

/** One provider request that is about to be made, or has been. */
export interface Asking<T> {
  scope: CallScope;
  prepared: PreparedCall<T>;
  candidate: Candidate;
  provider: Provider;
  estimate: PromptEstimate;
  route: LedgerFacts['route'];
  /** Instant whose prices apply. */
  atMs: number;
}

/** The reservation for a request: its worst case, and everything its ledger row will say besides the outcome. */
export function reservationFor<T>(context: GatewayContext, asking: Asking<T>): ReserveRequest {
  const { scope, prepared, candidate, provider, estimate, route, atMs } = asking;
  const { model, tier } = candidate;
  const { call } = prepared;
  const most = {
    promptTokens: estimate.maxTokens,
    maxOutputTokens: prepared.outputCapTokens,
    cacheWrite: model.minCacheablePrefixTokens === undefined ? ('none' as const) : ('5m' as const),
  };
  return {
    reservationId: newId(),
    scope,
    path: call.path,
    requestHash: prepared.requestHash,
    purpose: call.purpose,
    tier,
    provider: model.provider,
    model: model.id,
    prompt: { id: call.prompt.id, version: call.prompt.version },
    route,
    priceVersion: context.catalog.version,
    simulated: provider.simulated,
    amountNanoUsd: calculateWorstCase({ ...most, serviceTier: requestedServiceTier(model, atMs) }, model, atMs),
    inputTokens: most.promptTokens,
    maxOutputTokens: most.maxOutputTokens,
    baselineNanoUsd: calculateWorstCase({ ...most, cacheWrite: 'none' }, baselineFor(context, atMs), atMs),
  };
}

/** The model that savings are measured against: one that this installation could have used. */
export const baselineFor = ({ catalog, providers }: GatewayContext, atMs: number): Model =>
  catalog.baseline(atMs, (model) => providers.has(model.provider));

/**
 * Holds the worst case and takes one of the attempt's tries; gives the try back when the hold was refused.
 *
 * @throws {BudgetExhaustedError} | {@link LeaseLostError} | {@link CallBudgetExhaustedError}
 */
export async function reserve(context: GatewayContext, reservation: ReserveRequest): Promise<void> {
  const { tries } = reservation.scope;
  if (tries.left <= 0) throw new CallBudgetExhaustedError();
  tries.left -= 1;
  let isHeld = false;
  try {
    const held = await context.store.reserve(reservation);
    if (held.outcome === 'over_budget') throw new BudgetExhaustedError(held.refusal);
    if (held.outcome === 'fenced') throw new LeaseLostError();
    isHeld = true;
  } finally {
    if (!isHeld) tries.left += 1;
  }
}
