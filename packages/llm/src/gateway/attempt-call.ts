import { promptTokens, requestedServiceTier, type Model } from '@pressroom/catalog';
import { ProviderRateLimitedError } from '../errors.ts';
import type { Pass } from '../pacing/pacer.ts';
import type { CallScope, LedgerFacts } from '../ports.ts';
import type { ProviderRequest } from '../provider.ts';
import { collectExchange, type CollectedExchange } from '../reply/collect-exchange.ts';
import type { Candidate } from '../routing/core/list-candidates.ts';
import { textCounterOf } from '../tokens/count-text.ts';
import { estimatePrompt, type CountedPrompt, type PromptEstimate } from '../tokens/estimate-prompt.ts';
import { concludeCall, type AttemptOutcome } from './conclude-call.ts';
import type { GatewayContext } from './gateway-context.ts';
import type { PreparedCall } from './prepare-call.ts';
import { reservationFor, reserve, type Asking } from './reserve-call.ts';

/** A provider that limits the rate without saying for how long is left alone for this much. */
const DEFAULT_BLOCK_MS = 1_000;
/** Roughly, for pacing alone. */
const CHARACTERS_PER_TOKEN = 4;

/**
 * One provider request, from its turn to the ledger: wait for a turn and a slot, reserve, ask, bill, check, and write reply, ledger entry and settlement in one statement. Whatever happens after the reservation is settled.
 *
 * @throws {BreakerOpenError} no turn in time, or the breaker has opened; nothing was reserved
 * @throws {BudgetExhaustedError} the worst case does not fit a budget; no request was made
 * @throws {LeaseLostError} the attempt is over; no request was made
 * @throws {CallBudgetExhaustedError} no tries left; no request was made
 * @throws the reason of the scope's signal when it aborted the request, which is then billed
 */
export async function attemptCall<T>(
  context: GatewayContext,
  scope: CallScope,
  call: { prepared: PreparedCall<T>; counted: CountedPrompt },
  candidate: Candidate,
  route: LedgerFacts['route'],
): Promise<AttemptOutcome<T>> {
  const { clock, settings, breakers } = context;
  const { model } = candidate;
  const provider = context.providers.get(model.provider);
  if (!provider) throw new Error(`no provider is configured for ${model.ref}`);

  const estimate = estimatePrompt(call.counted, model);
  const { prepared } = call;
  const asking: Asking<T> = { scope, prepared, candidate, provider, estimate, route, atMs: clock.nowMs() };
  const reservation = reservationFor(context, asking);
  const pass = await takeTurn(context, asking);
  const made: { exchange?: CollectedExchange } = {};
  try {
    // Reserving inside the breaker: what it turns away has held no money.
    await breakers.run(model, async () => {
      await reserve(context, reservation);
      made.exchange = await collectExchange(provider, requestFor(asking, reservation.reservationId), {
        signal: scope.signal,
        timeoutMs: prepared.asked.timeoutMs,
        leftMs: scope.deadlineAtMs - clock.monotonicMs(),
        firstEventTimeoutMs: settings.firstEventTimeoutMs,
        countText: textCounterOf(model),
        clock,
      });
      if (made.exchange.error !== undefined) throw made.exchange.error as Error;
    });
  } catch (error) {
    // A failed exchange is concluded like any other; without one, no request was made.
    if (!made.exchange) {
      pass.settle(undefined);
      throw error;
    }
  }
  const exchange = made.exchange as CollectedExchange;
  learnFrom(context, model, exchange);
  pass.settle(tokensOf(exchange, estimate));
  return await concludeCall(context, asking, reservation, exchange);
}

/** Waits until the provider's limits have room for the request: its prompt, and all that it may reply. */
async function takeTurn<T>(
  context: GatewayContext,
  { scope, prepared, candidate, estimate }: Asking<T>,
): Promise<Pass> {
  const { clock, settings, pacer, metrics } = context;
  const { model } = candidate;
  const leftMs = Math.max(0, scope.deadlineAtMs - clock.monotonicMs() - settings.minCallMs);
  const pass = await pacer.acquire(model, {
    lane: scope.lane,
    tenantId: scope.tenantId,
    tokens: estimate.likelyTokens + prepared.outputCapTokens,
    maxWaitMs: settings.pacing.maxWaitMs,
    leftMs,
    signal: scope.signal,
  });
  if (pass.waitedMs >= 1) {
    metrics?.callPaced?.({ provider: model.provider, model: model.id, lane: scope.lane, waitedMs: pass.waitedMs });
  }
  return pass;
}

function learnFrom({ pacer }: GatewayContext, model: Model, { limits, error }: CollectedExchange): void {
  if (limits) pacer.learn(model, limits);
  if (error instanceof ProviderRateLimitedError) pacer.block(model, error.retryAfterMs ?? DEFAULT_BLOCK_MS);
}

/** A request that the provider did not serve has used nothing of the tokens. */
function tokensOf({ usage, text, isFree }: CollectedExchange, estimate: PromptEstimate): number {
  if (usage) return promptTokens(usage) + usage.output;
  return isFree ? 0 : estimate.likelyTokens + Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

function requestFor<T>(
  { scope, prepared, candidate, estimate, atMs }: Asking<T>,
  reservationId: string,
): Omit<ProviderRequest, 'signal'> {
  const { call, schema, asked, outputCapTokens } = prepared;
  const { model } = candidate;
  const serviceTier = requestedServiceTier(model, atMs);
  return {
    model,
    system: call.system,
    messages: call.messages,
    ...(schema && { schema }),
    maxOutputTokens: outputCapTokens,
    promptTokens: estimate.likelyTokens,
    ...(serviceTier !== undefined && { serviceTier }),
    ...(call.temperature !== undefined && model.sampling && { temperature: call.temperature }),
    reasoning: asked.reasoning,
    cacheSystem: estimate.systemTokens >= (model.minCacheablePrefixTokens ?? Infinity),
    cacheKey: scope.taskId,
    requestId: reservationId,
  };
}
