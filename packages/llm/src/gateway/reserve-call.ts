import { calculateWorstCase, requestedServiceTier, type Model } from '@pressroom/catalog';
import { LeaseLostError, newId } from '@pressroom/runtime';
import { BudgetExhaustedError, CallBudgetExhaustedError } from '../errors.ts';
import type { CallScope, LedgerFacts, ReserveRequest } from '../ports.ts';
import type { Provider } from '../provider.ts';
import type { Candidate } from '../routing/core/list-candidates.ts';
import type { PromptEstimate } from '../tokens/estimate-prompt.ts';
import type { GatewayContext } from './gateway-context.ts';
import type { PreparedCall } from './prepare-call.ts';

/** One planned provider request. */
export interface PlannedRequest<T> {
  scope: CallScope;
  prepared: PreparedCall<T>;
  candidate: Candidate;
  provider: Provider;
  estimate: PromptEstimate;
  route: LedgerFacts['route'];
  /** Time (epoch ms) whose prices apply. */
  atMs: number;
}

/** The reservation for a request: its worst case and every ledger field except the outcome. */
export function reservationFor<T>(context: GatewayContext, planned: PlannedRequest<T>): ReserveRequest {
  const { scope, prepared, candidate, provider, estimate, route, atMs } = planned;
  const { model, tier } = candidate;
  const { call } = prepared;
  const worstCase = {
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
    amountNanoUsd: calculateWorstCase({ ...worstCase, serviceTier: requestedServiceTier(model, atMs) }, model, atMs),
    inputTokens: worstCase.promptTokens,
    maxOutputTokens: worstCase.maxOutputTokens,
    baselineNanoUsd: calculateWorstCase({ ...worstCase, cacheWrite: 'none' }, baselineFor(context, atMs), atMs),
  };
}

/** The baseline model of savings: one that this installation can use. */
export const baselineFor = ({ catalog, providers }: GatewayContext, atMs: number): Model =>
  catalog.baseline(atMs, (model) => providers.has(model.provider));

/**
 * Reserves the worst case and takes one request of the attempt's budget; returns it when the reservation is refused.
 *
 * @throws {BudgetExhaustedError} | {@link LeaseLostError} | {@link CallBudgetExhaustedError}
 */
export async function reserve(context: GatewayContext, reservation: ReserveRequest): Promise<void> {
  const { requestBudget } = reservation.scope;
  if (requestBudget.remaining <= 0) throw new CallBudgetExhaustedError();
  requestBudget.remaining -= 1;
  let isHeld = false;
  try {
    const held = await context.store.reserve(reservation);
    if (held.outcome === 'over_budget') throw new BudgetExhaustedError(held.refusal);
    if (held.outcome === 'fenced') throw new LeaseLostError();
    isHeld = true;
  } finally {
    if (!isHeld) requestBudget.remaining += 1;
  }
}
