import {
  calculateBaseline,
  calculateCost,
  isServiceTierPriced,
  promptTokens,
  REASONING_ALLOWANCE_TOKENS,
  type Model,
} from '@pressroom/catalog';
import { AppError } from '@pressroom/runtime';
import { billResponse, NO_USAGE, type Bill } from '../billing/core/bill-response.ts';
import type { LocalCount } from '../billing/core/reconcile-usage.ts';
import { ProviderError, ProviderRefusedError, ProviderUnavailableError } from '../errors.ts';
import type { EndCallRequest, JournaledReply, ReserveRequest } from '../ports.ts';
import type { CollectedResponse } from '../reply/collect-response.ts';
import { validateReply } from '../reply/core/validate-reply.ts';
import { countTokens } from '../tokens/count-tokens.ts';
import type { GatewayContext } from './gateway-context.ts';
import { baselineFor, type PlannedRequest } from './reserve-call.ts';

export type RequestOutcome<T> =
  | { outcome: 'accepted'; value: T; reply: JournaledReply }
  /** Billed, but failed validation. */
  | { outcome: 'invalid'; problems: string; text: string }
  | { outcome: 'failed'; error: ProviderError };

/**
 * Bills a response, validates its reply and settles the reservation. Resolves or throws only after the commit. Only a
 * reply that passed every check enters the journal.
 */
export async function settleRequest<T>(
  context: GatewayContext,
  planned: PlannedRequest<T>,
  reservation: ReserveRequest,
  response: CollectedResponse,
): Promise<RequestOutcome<T>> {
  const { model, tier } = planned.candidate;
  const { serviceTier } = response;
  const { bill, amounts } = priceSafely(context, planned, reservation, response);
  const source = { provider: model.provider, model: model.id, tier, simulated: reservation.simulated };
  const verdict = evaluateReply(planned, response, (finish) => ({
    text: response.text,
    finish,
    ...source,
    ...amounts,
  }));

  const { amountNanoUsd, inputTokens, maxOutputTokens, ...facts } = reservation;
  const ended: EndCallRequest = {
    ...facts,
    ...amounts,
    status: bill.status,
    ...(bill.limitation && { limitation: bill.limitation }),
    ...(serviceTier !== undefined && bill.status !== 'failed' && { serviceTier }),
    latencyMs: Math.round(response.latencyMs),
    ...(verdict.outcome === 'accepted' ? { reply: verdict.reply } : { error: describe(verdict) }),
  };
  await context.store.endCall(ended);

  report(context, ended, response);
  if (amounts.costNanoUsd > amountNanoUsd) {
    const reserved = { nanoUsd: amountNanoUsd.toString(), input: inputTokens, output: maxOutputTokens };
    const booked = { nanoUsd: amounts.costNanoUsd.toString(), usage: amounts.usage, limitation: bill.limitation };
    context.log.warn(
      { reservationId: reservation.reservationId, model: model.ref, reserved, booked, reported: response.usage },
      'reservation.exceeded',
    );
  }
  if (verdict.outcome === 'threw') throw verdict.error;
  return verdict;
}

interface PricedBill {
  bill: Bill;
  amounts: Pick<EndCallRequest, 'usage' | 'costNanoUsd' | 'baselineNanoUsd'>;
}

/** Prices a response. One that cannot be priced is booked at its reservation: no paid request may stay off the ledger. */
function priceSafely<T>(
  context: GatewayContext,
  planned: PlannedRequest<T>,
  reservation: ReserveRequest,
  response: CollectedResponse,
): PricedBill {
  try {
    return priceResponse(context, planned, reservation, response);
  } catch (error) {
    context.log.error({ err: error, reservationId: reservation.reservationId }, 'response.not_priced');
    const usage = { ...NO_USAGE, uncachedInput: reservation.inputTokens, output: reservation.maxOutputTokens };
    const costNanoUsd = reservation.amountNanoUsd;
    return {
      bill: { status: 'uncertain', usage, limitation: 'NOT_PRICED' },
      amounts: { usage, costNanoUsd, baselineNanoUsd: costNanoUsd },
    };
  }
}

function priceResponse<T>(
  context: GatewayContext,
  planned: PlannedRequest<T>,
  reservation: ReserveRequest,
  response: CollectedResponse,
): PricedBill {
  const { atMs } = planned;
  const { model } = planned.candidate;
  const { serviceTier } = response;
  const bill = flagUnpricedTier(billResponse(response, countLocally(planned, response.text)), model, atMs, serviceTier);
  const { usage } = bill;
  const priced = calculateCost(usage, model, atMs, { serviceTier });
  const isUncertain = bill.status === 'uncertain';
  const amounts = {
    usage,
    // The reservation includes possible cache writes, so it can exceed the price of the same tokens.
    costNanoUsd: isUncertain && reservation.amountNanoUsd > priced ? reservation.amountNanoUsd : priced,
    baselineNanoUsd: calculateBaseline(usage, baselineFor(context, atMs), atMs),
  };
  return { bill, amounts };
}

/** Local count of a request and its reply. */
function countLocally<T>({ estimate, prepared, candidate: { model } }: PlannedRequest<T>, text: string): LocalCount {
  const plain = text === '' ? 0 : countTokens(text);
  const likely = Math.ceil((plain * model.tokenizerPermille) / 1_000);
  return {
    promptTokens: { least: estimate.leastTokens, likely: estimate.likelyTokens },
    maxPromptTokens: estimate.maxTokens,
    maxOutputTokens: prepared.outputCapTokens,
    textTokens: { least: Math.min(plain, likely), likely },
    hiddenTokens: REASONING_ALLOWANCE_TOKENS[prepared.decision.reasoning],
  };
}

/** An unpriced service tier is billed as the most expensive priced one and marked as an estimate. */
function flagUnpricedTier(bill: Bill, model: Model, atMs: number, serviceTier: string | undefined): Bill {
  if (serviceTier === undefined || bill.status !== 'ok' || isServiceTierPriced(model, atMs, serviceTier)) return bill;
  return { ...bill, status: 'estimated', limitation: 'SERVICE_TIER_UNPRICED' };
}

type Verdict<T> = RequestOutcome<T> | { outcome: 'threw'; error: unknown };

function evaluateReply<T>(
  { prepared, candidate: { model } }: PlannedRequest<T>,
  response: CollectedResponse,
  replyOf: (finish: 'stop' | 'length') => JournaledReply,
): Verdict<T> {
  const { error, finish } = response;
  if (error instanceof ProviderError) return { outcome: 'failed', error };
  if (error !== undefined && response.endedBy === 'scope') return { outcome: 'threw', error };
  if (finish === undefined) {
    return {
      outcome: 'failed',
      error: new ProviderUnavailableError(`${model.provider} failed unexpectedly (model ${model.id})`),
    };
  }
  if (finish === 'refusal') {
    return {
      outcome: 'failed',
      error: new ProviderRefusedError(`${model.provider} refused to answer (model ${model.id})`),
    };
  }
  try {
    const checked = validateReply<T>({ text: response.text, finish }, prepared.call);
    if (checked.outcome === 'invalid') return { ...checked, text: response.text };
    return { outcome: 'accepted', value: checked.value, reply: replyOf(finish) };
  } catch (thrown) {
    // An exception of a check is the caller's bug; the cost is settled first.
    return { outcome: 'threw', error: thrown };
  }
}

function describe(verdict: Exclude<Verdict<unknown>, { outcome: 'accepted' }>): { code: string; message: string } {
  if (verdict.outcome === 'invalid') return { code: 'OUTPUT_INVALID', message: verdict.problems };
  const { error } = verdict;
  // Other errors may contain text of the reply.
  return AppError.is(error)
    ? { code: error.code, message: error.message }
    : { code: 'INTERNAL', message: 'the call was aborted' };
}

function report({ metrics, log }: GatewayContext, ended: EndCallRequest, { firstEventMs }: CollectedResponse): void {
  const { provider, model, purpose, tier, status, simulated, latencyMs, usage, costNanoUsd, route, error } = ended;
  const tokens = { inputTokens: promptTokens(usage), outputTokens: usage.output };
  const labels = { provider, model, purpose, tier, status, simulated };
  metrics?.callEnded({ ...labels, ...tokens, latencyMs, firstEventMs, costNanoUsd });
  log.debug({ ...labels, ...tokens, latencyMs, route, errorCode: error?.code }, 'call.ended');
}
