import {
  calculateBaseline,
  calculateCost,
  isServiceTierPriced,
  promptTokens,
  REASONING_ALLOWANCE_TOKENS,
  type Model,
} from '@pressroom/catalog';
import { AppError } from '@pressroom/runtime';
import { billExchange, type Bill } from '../billing/core/bill-attempt.ts';
import type { OwnCount } from '../billing/core/reconcile-usage.ts';
import { ProviderError, ProviderRefusedError, ProviderUnavailableError } from '../errors.ts';
import type { EndCallRequest, JournaledReply, ReserveRequest } from '../ports.ts';
import type { CollectedExchange } from '../reply/collect-exchange.ts';
import { validateReply } from '../reply/core/validate-reply.ts';
import { countTokens } from '../tokens/count-tokens.ts';
import type { GatewayContext } from './gateway-context.ts';
import { baselineFor, type Asking } from './reserve-call.ts';

export type AttemptOutcome<T> =
  | { outcome: 'accepted'; value: T; reply: JournaledReply }
  /** Paid for, but not what was asked for. */
  | { outcome: 'invalid'; problems: string; text: string }
  | { outcome: 'failed'; error: ProviderError };

/**
 * Bills an exchange, judges its reply, and settles the reservation: resolves or throws only after that is committed.
 * Only a reply that passed every check enters the journal.
 */
export async function concludeCall<T>(
  context: GatewayContext,
  asking: Asking<T>,
  reservation: ReserveRequest,
  exchange: CollectedExchange,
): Promise<AttemptOutcome<T>> {
  const { candidate, atMs } = asking;
  const { model, tier } = candidate;
  const { serviceTier } = exchange;
  const bill = flagTier(billExchange(exchange, ownCountOf(asking, exchange.text)), model, atMs, serviceTier);
  const { usage } = bill;
  const priced = calculateCost(usage, model, atMs, { serviceTier });
  const isUncertain = bill.status === 'uncertain';
  const amounts = {
    usage,
    // The hold is dearer than the same tokens where the provider might have written a cache.
    costNanoUsd: isUncertain && reservation.amountNanoUsd > priced ? reservation.amountNanoUsd : priced,
    baselineNanoUsd: calculateBaseline(usage, baselineFor(context, atMs), atMs),
  };
  const source = { provider: model.provider, model: model.id, tier, simulated: reservation.simulated };
  const verdict = judge(asking, exchange, (finish) => ({ text: exchange.text, finish, ...source, ...amounts }));

  const { amountNanoUsd, inputTokens, maxOutputTokens, ...facts } = reservation;
  const ended: EndCallRequest = {
    ...facts,
    ...amounts,
    status: bill.status,
    ...(bill.limitation && { limitation: bill.limitation }),
    ...(serviceTier !== undefined && bill.status !== 'failed' && { serviceTier }),
    latencyMs: Math.round(exchange.latencyMs),
    ...(verdict.outcome === 'accepted' ? { reply: verdict.reply } : { error: describe(verdict) }),
  };
  await context.store.endCall(ended);

  report(context, ended, exchange);
  if (amounts.costNanoUsd > amountNanoUsd) {
    const reserved = { nanoUsd: amountNanoUsd.toString(), input: inputTokens, output: maxOutputTokens };
    const booked = { nanoUsd: amounts.costNanoUsd.toString(), usage, limitation: bill.limitation };
    context.log.warn(
      { reservationId: reservation.reservationId, model: model.ref, reserved, booked, reported: exchange.usage },
      'reservation.exceeded',
    );
  }
  if (verdict.outcome === 'threw') throw verdict.error;
  return verdict;
}

/** Our own count of a request and its reply. */
function ownCountOf<T>({ estimate, prepared, candidate: { model } }: Asking<T>, text: string): OwnCount {
  const plain = text === '' ? 0 : countTokens(text);
  const likely = Math.ceil((plain * model.tokenizerPermille) / 1_000);
  return {
    promptTokens: { least: estimate.leastTokens, likely: estimate.likelyTokens },
    maxPromptTokens: estimate.maxTokens,
    maxOutputTokens: prepared.outputCapTokens,
    textTokens: { least: Math.min(plain, likely), likely },
    hiddenTokens: REASONING_ALLOWANCE_TOKENS[prepared.asked.reasoning],
  };
}

/** A tier without a price is billed as the dearest that has one, which is an estimate. */
function flagTier(bill: Bill, model: Model, atMs: number, serviceTier: string | undefined): Bill {
  if (serviceTier === undefined || bill.status !== 'ok' || isServiceTierPriced(model, atMs, serviceTier)) return bill;
  return { ...bill, status: 'estimated', limitation: 'SERVICE_TIER_UNPRICED' };
}

type Verdict<T> = AttemptOutcome<T> | { outcome: 'threw'; error: unknown };

function judge<T>(
  { prepared, candidate: { model } }: Asking<T>,
  exchange: CollectedExchange,
  replyOf: (finish: 'stop' | 'length') => JournaledReply,
): Verdict<T> {
  const { error, finish } = exchange;
  if (error instanceof ProviderError) return { outcome: 'failed', error };
  if (error !== undefined && exchange.endedBy === 'scope') return { outcome: 'threw', error };
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
    const checked = validateReply<T>({ text: exchange.text, finish }, prepared.call);
    if (checked.outcome === 'invalid') return { ...checked, text: exchange.text };
    return { outcome: 'accepted', value: checked.value, reply: replyOf(finish) };
  } catch (thrown) {
    // A check that throws is the caller's bug; what was paid is settled all the same.
    return { outcome: 'threw', error: thrown };
  }
}

function describe(verdict: Exclude<Verdict<unknown>, { outcome: 'accepted' }>): { code: string; message: string } {
  if (verdict.outcome === 'invalid') return { code: 'OUTPUT_INVALID', message: verdict.problems };
  const { error } = verdict;
  // Anything but our own errors may carry text of the reply.
  return AppError.is(error)
    ? { code: error.code, message: error.message }
    : { code: 'INTERNAL', message: 'the call was ended' };
}

function report({ metrics, log }: GatewayContext, ended: EndCallRequest, { firstEventMs }: CollectedExchange): void {
  const { provider, model, purpose, tier, status, simulated, latencyMs, usage, costNanoUsd, route, error } = ended;
  const tokens = { inputTokens: promptTokens(usage), outputTokens: usage.output };
  const labels = { provider, model, purpose, tier, status, simulated };
  metrics?.callEnded({ ...labels, ...tokens, latencyMs, firstEventMs, costNanoUsd });
  log.debug({ ...labels, ...tokens, latencyMs, route, errorCode: error?.code }, 'call.ended');
}
