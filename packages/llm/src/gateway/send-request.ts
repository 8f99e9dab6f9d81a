import { promptTokens, requestedServiceTier, type Model } from '@pressroom/catalog';
import { ProviderRateLimitedError } from '../errors.ts';
import type { Permit } from '../pacing/pacer.ts';
import type { CallScope, LedgerFacts } from '../ports.ts';
import type { ProviderRequest } from '../provider.ts';
import { collectResponse, type CollectedResponse } from '../reply/collect-response.ts';
import type { Candidate } from '../routing/core/list-candidates.ts';
import { textCounterOf } from '../tokens/count-text.ts';
import { estimatePrompt, type CountedPrompt, type PromptEstimate } from '../tokens/estimate-prompt.ts';
import { settleRequest, type RequestOutcome } from './settle-request.ts';
import type { GatewayContext } from './gateway-context.ts';
import type { PreparedCall } from './prepare-call.ts';
import { reservationFor, reserve, type PlannedRequest } from './reserve-call.ts';

/** Block time after a rate-limit error without a `retry-after`. */
const DEFAULT_BLOCK_MS = 1_000;
/** Approximation, only for pacing. */
const CHARACTERS_PER_TOKEN = 4;

/**
 * Sends one provider request: acquires a permit, reserves, streams the reply, bills and validates it, and writes reply,
 * ledger entry and settlement in one statement. Every reservation is settled, including failures.
 *
 * @throws {BreakerOpenError} no permit in time, or the breaker has opened; nothing was reserved
 * @throws {BudgetExhaustedError} the worst case does not fit a budget; no request was made
 * @throws {LeaseLostError} the attempt is over; no request was made
 * @throws {CallBudgetExhaustedError} the request budget is used up; no request was made
 * @throws the reason of the scope's signal when it aborted the request, which is then billed
 */
export async function sendRequest<T>(
  context: GatewayContext,
  scope: CallScope,
  call: { prepared: PreparedCall<T>; counted: CountedPrompt },
  candidate: Candidate,
  route: LedgerFacts['route'],
): Promise<RequestOutcome<T>> {
  const { clock, settings, breakers } = context;
  const { model } = candidate;
  const provider = context.providers.get(model.provider);
  if (!provider) throw new Error(`no provider is configured for ${model.ref}`);

  const estimate = estimatePrompt(call.counted, model);
  const { prepared } = call;
  const planned: PlannedRequest<T> = { scope, prepared, candidate, provider, estimate, route, atMs: clock.nowMs() };
  const reservation = reservationFor(context, planned);
  const permit = await acquirePermit(context, planned);
  const sent: { response?: CollectedResponse } = {};
  try {
    // Reserves inside the breaker, so that rejected requests hold no money.
    await breakers.run(model, async () => {
      await reserve(context, reservation);
      sent.response = await collectResponse(provider, buildRequest(planned, reservation.reservationId), {
        signal: scope.signal,
        timeoutMs: prepared.decision.timeoutMs,
        remainingMs: scope.deadlineAtMs - clock.monotonicMs(),
        firstEventTimeoutMs: settings.firstEventTimeoutMs,
        countText: textCounterOf(model),
        clock,
      });
      if (sent.response.error !== undefined) throw sent.response.error as Error;
    });
  } catch (error) {
    // A failed response is settled too; without a response, no request was made.
    if (!sent.response) {
      permit.settle(undefined);
      throw error;
    }
  }
  const response = sent.response as CollectedResponse;
  updatePacing(context, model, response, permit, estimate);
  return await settleRequest(context, planned, reservation, response);
}

/** Waits until the limits and slots have capacity for the prompt and the maximum reply. */
async function acquirePermit<T>(
  context: GatewayContext,
  { scope, prepared, candidate, estimate }: PlannedRequest<T>,
): Promise<Permit> {
  const { clock, settings, pacer, metrics } = context;
  const { model } = candidate;
  const remainingMs = Math.max(0, scope.deadlineAtMs - clock.monotonicMs() - settings.minCallMs);
  const permit = await pacer.acquire(model, {
    lane: scope.lane,
    tenantId: scope.tenantId,
    tokens: estimate.likelyTokens + prepared.outputCapTokens,
    maxWaitMs: settings.pacing.maxWaitMs,
    remainingMs,
    signal: scope.signal,
  });
  if (permit.waitedMs >= 1) {
    metrics?.callPaced?.({ provider: model.provider, model: model.id, lane: scope.lane, waitedMs: permit.waitedMs });
  }
  return permit;
}

/** Never throws: the response still has to be billed. */
function updatePacing(
  { pacer, log }: GatewayContext,
  model: Model,
  response: CollectedResponse,
  permit: Permit,
  estimate: PromptEstimate,
): void {
  const { limits, error } = response;
  let tokens: number | undefined;
  try {
    if (limits) pacer.learn(model, limits);
    if (error instanceof ProviderRateLimitedError) pacer.block(model, error.retryAfterMs ?? DEFAULT_BLOCK_MS);
    tokens = tokensOf(response, estimate);
  } catch (thrown) {
    log.error({ err: thrown, model: model.ref }, 'pacing.update_failed');
  }
  permit.settle(tokens);
}

/** Tokens used, for pacing: none when the provider did not serve the request. */
function tokensOf({ usage, text, isFree }: CollectedResponse, estimate: PromptEstimate): number {
  if (usage) return promptTokens(usage) + usage.output;
  return isFree ? 0 : estimate.likelyTokens + Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

function buildRequest<T>(
  { scope, prepared, candidate, estimate, atMs }: PlannedRequest<T>,
  reservationId: string,
): Omit<ProviderRequest, 'signal'> {
  const { call, schema, decision, outputCapTokens } = prepared;
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
    reasoning: decision.reasoning,
    cacheSystem: estimate.systemTokens >= (model.minCacheablePrefixTokens ?? Infinity),
    cacheKey: scope.taskId,
    requestId: reservationId,
  };
}
