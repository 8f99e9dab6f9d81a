import { calculateBaseline, calculateCost, calculateWorstCase, promptTokens, type Model } from '@pressroom/catalog';
import type { Tier } from '@pressroom/contracts';
import { AppError, newId } from '@pressroom/runtime';
import { billExchange } from '../billing/core/bill-attempt.ts';
import {
  BudgetExhaustedError,
  CallBudgetExhaustedError,
  LeaseLostError,
  ProviderError,
  ProviderRefusedError,
  ProviderUnavailableError,
} from '../errors.ts';
import type { CallScope, EndCallRequest, JournaledReply, LedgerFacts, ReserveRequest } from '../ports.ts';
import type { Provider, ProviderRequest } from '../provider.ts';
import { collectExchange, type CollectedExchange } from '../reply/collect-exchange.ts';
import { validateReply } from '../reply/core/validate-reply.ts';
import type { Candidate } from '../routing/core/list-candidates.ts';
import { countTokens } from '../tokens/count-tokens.ts';
import { estimatePrompt, type CountedPrompt, type PromptEstimate } from '../tokens/estimate-prompt.ts';
import type { GatewayContext } from './gateway-context.ts';
import type { PreparedCall } from './prepare-call.ts';

export type AttemptOutcome<T> =
  | { outcome: 'accepted'; value: T; reply: JournaledReply }
  | { outcome: 'invalid'; problems: string }
  | { outcome: 'failed'; error: ProviderError };

/**
 * One provider request, from the reservation to the ledger: reserve, ask within the model's slots, bill, check, and
 * write reply, ledger entry and settlement in one statement. Whatever happens after the reservation is settled.
 *
 * @throws {BreakerOpenError} no slot; nothing was reserved
 * @throws {BudgetExhaustedError} the worst case does not fit a budget; no request was made
 * @throws {LeaseLostError} the attempt is over; no request was made
 * @throws {CallBudgetExhaustedError} no tries left; no request was made
 * @throws the reason of the scope's signal when it aborted the request, which is then billed
 */
export async function attemptCall<T>(
  context: GatewayContext,
  scope: CallScope,
  prepared: PreparedCall<T>,
  counted: CountedPrompt,
  candidate: Candidate,
  route: LedgerFacts['route'],
): Promise<AttemptOutcome<T>> {
  const provider = providerOf(context, candidate.model);
  const atMs = context.clock.nowMs();
  const estimate = estimatePrompt(counted, candidate.model);
  const facts = factsOf(context, prepared, candidate, provider, route);
  const reservation = reservationOf(context, scope, prepared, candidate.model, estimate, facts, atMs);

  const held: { exchange?: CollectedExchange } = {};
  try {
    await context.breakers.run(candidate.model, async () => {
      await reserve(context, reservation);
      held.exchange = await collectExchange(provider, requestOf(scope, prepared, candidate.model, estimate), {
        signal: scope.signal,
        timeoutMs: prepared.asked.timeoutMs,
        leftMs: scope.deadlineAtMs - context.clock.nowMs(),
        firstEventTimeoutMs: context.settings.firstEventTimeoutMs,
        clock: context.clock,
      });
      if (held.exchange.error !== undefined) throw held.exchange.error as Error;
    });
  } catch (error) {
    // What the exchange ran into is handled below; without one, no request was made.
    if (!held.exchange) throw error;
  }
  return await conclude(context, prepared, candidate, reservation, estimate, atMs, held.exchange as CollectedExchange);
}

/** Bills the exchange, judges the reply and settles the reservation. */
async function conclude<T>(
  context: GatewayContext,
  prepared: PreparedCall<T>,
  candidate: Candidate,
  reservation: ReserveRequest,
  estimate: PromptEstimate,
  atMs: number,
  exchange: CollectedExchange,
): Promise<AttemptOutcome<T>> {
  const { model } = candidate;
  const { status, usage } = billExchange(exchange, {
    promptTokens: estimate.likelyTokens,
    countText: (text) => Math.ceil((countTokens(text) * model.tokenizerPermille) / 1_000),
  });
  const costNanoUsd = calculateCost(usage, model, atMs);
  const baselineNanoUsd = calculateBaseline(usage, baselineOf(context, atMs), atMs);
  const reply = (finish: 'stop' | 'length'): JournaledReply => ({
    text: exchange.text,
    finish,
    provider: model.provider,
    model: model.id,
    tier: candidate.tier,
    simulated: reservation.simulated,
    usage,
    costNanoUsd,
    baselineNanoUsd,
  });
  const verdict = judge(prepared, model, exchange, reply);
  const error = verdict.outcome === 'accepted' ? undefined : describe(verdict);
  const { amountNanoUsd, inputTokens, maxOutputTokens, ...identity } = reservation;
  const ended: EndCallRequest = {
    ...identity,
    status,
    usage,
    costNanoUsd,
    baselineNanoUsd,
    latencyMs: Math.round(exchange.latencyMs),
    ...(verdict.outcome === 'accepted' && { reply: verdict.reply }),
    ...(error && { error }),
  };
  await context.store.endCall(ended);
  report(context, ended, exchange);
  if (costNanoUsd > amountNanoUsd) {
    context.log.warn(
      {
        reservationId: reservation.reservationId,
        model: model.ref,
        reservedNanoUsd: amountNanoUsd.toString(),
        costNanoUsd: costNanoUsd.toString(),
        reservedTokens: { input: inputTokens, output: maxOutputTokens },
        usage,
      },
      'reservation.exceeded',
    );
  }
  if (verdict.outcome === 'threw') throw verdict.error;
  return verdict;
}

type Verdict<T> = AttemptOutcome<T> | { outcome: 'threw'; error: unknown };

function judge<T>(
  prepared: PreparedCall<T>,
  model: Model,
  exchange: CollectedExchange,
  reply: (finish: 'stop' | 'length') => JournaledReply,
): Verdict<T> {
  if (exchange.error instanceof ProviderError) return { outcome: 'failed', error: exchange.error };
  if (exchange.error !== undefined && exchange.endedBy === 'scope') return { outcome: 'threw', error: exchange.error };
  if (exchange.finish === undefined) {
    return {
      outcome: 'failed',
      error: new ProviderUnavailableError(`${model.provider} failed unexpectedly (model ${model.id})`),
    };
  }
  if (exchange.finish === 'refusal') {
    return {
      outcome: 'failed',
      error: new ProviderRefusedError(`${model.provider} refused to answer (model ${model.id})`),
    };
  }
  try {
    const checked = validateReply<T>({ text: exchange.text, finish: exchange.finish }, prepared.call);
    if (checked.outcome === 'invalid') return checked;
    return { outcome: 'accepted', value: checked.value, reply: reply(exchange.finish) };
  } catch (error) {
    // A check that throws is the caller's bug; what was paid is settled all the same.
    return { outcome: 'threw', error };
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

function requestOf<T>(
  scope: CallScope,
  { call, schema, asked, outputCapTokens }: PreparedCall<T>,
  model: Model,
  estimate: PromptEstimate,
): Omit<ProviderRequest, 'signal'> {
  return {
    model,
    system: call.system,
    messages: call.messages,
    ...(schema && { schema }),
    maxOutputTokens: outputCapTokens,
    ...(call.temperature !== undefined && model.sampling && { temperature: call.temperature }),
    reasoning: asked.reasoning,
    cacheSystem: estimate.systemTokens >= (model.minCacheablePrefixTokens ?? Infinity),
    cacheKey: scope.taskId,
  };
}

function report({ metrics, log }: GatewayContext, ended: EndCallRequest, exchange: CollectedExchange): void {
  const { provider, model, purpose, tier, status, simulated, latencyMs, usage, costNanoUsd, route, error } = ended;
  metrics?.callEnded({
    provider,
    model,
    purpose,
    tier,
    status,
    simulated,
    latencyMs,
    firstEventMs: exchange.firstEventMs,
    inputTokens: promptTokens(usage),
    outputTokens: usage.output,
    costNanoUsd,
  });
  log.debug({ provider, model, purpose, tier, status, latencyMs, usage, route, errorCode: error?.code }, 'call.ended');
}

function providerOf(context: GatewayContext, model: Model): Provider {
  const provider = context.providers.get(model.provider);
  if (!provider) throw new Error(`no provider is configured for ${model.ref}`);
  return provider;
}
