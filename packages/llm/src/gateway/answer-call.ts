import { shiftTier, type Model } from '@pressroom/catalog';
import type { Tier } from '@pressroom/contracts';
import {
  BreakerOpenError,
  CallBudgetExhaustedError,
  ContextTooLongError,
  DeadlineReachedError,
  NoCandidateModelError,
  NoSlotError,
  OutputInvalidError,
  type ProviderError,
} from '../errors.ts';
import type { CallScope, JournaledReply } from '../ports.ts';
import { decideAfterFailure } from '../routing/core/decide-after-failure.ts';
import { describeRoute } from '../routing/core/describe-route.ts';
import { listCandidates, type Candidate } from '../routing/core/list-candidates.ts';
import { countPrompt, estimatePrompt } from '../tokens/estimate-prompt.ts';
import { sendRequest } from './send-request.ts';
import type { GatewayContext } from './gateway-context.ts';
import type { PreparedCall } from './prepare-call.ts';

export interface Answer<T> {
  value: T;
  reply: JournaledReply;
}

/** Invalid replies before escalation to the next tier. The first one is retried with the same model. */
const INVALID_BEFORE_ESCALATION = 2;

/**
 * Calls models until one returns a valid reply. A transient failure is retried with the same model, then with the tier's
 * next candidate, then with lower tiers. Two invalid replies escalate once to the tier above or, in the top tier, to
 * another model. Bounded by the attempt's request budget and deadline.
 *
 * @throws {AppError} the last failure, or the reason why no request could be made
 */
export async function answerCall<T>(
  context: GatewayContext,
  scope: CallScope,
  prepared: PreparedCall<T>,
): Promise<Answer<T>> {
  const { clock, settings, breakers } = context;
  const { decision, call } = prepared;
  const counted = countPrompt({ ...call, schema: prepared.schema });
  const fits = (model: Model): boolean => {
    const prompt = estimatePrompt(counted, model).maxTokens;
    const output = prepared.outputCapTokens;
    return prompt <= model.maxPromptTokens && output <= model.maxOutputTokens && prompt + output <= model.contextTokens;
  };
  const candidatesOf = (tier: Tier, mayDegrade: boolean) =>
    listCandidates(
      { tier, atMs: clock.nowMs(), mayDegrade, isConfigured: (model) => context.providers.has(model.provider), fits },
      context.catalog,
    );

  const listed = candidatesOf(decision.tier, true);
  if (listed.outcome === 'none') throw new NoCandidateModelError(decision.tier);
  if (listed.outcome === 'too_long')
    throw new ContextTooLongError(`no configured model has a context large enough for ${call.purpose}`);

  let candidates = listed.candidates;
  let escalatedFrom: Tier | undefined;
  let invalidReplies = 0;
  let hasTriedPeer = false;
  let problems = '';
  /** Rejected replies by model and text: an exact repetition shows that further retries are useless. */
  const rejected = new Set<string>();
  let isDeterministic = false;
  let lastCode: string | undefined;
  let lastError: ProviderError | undefined;
  const failures = new Map<string, number>();
  const excludedModels = new Set<string>();
  const isExcluded = ({ model }: Candidate): boolean =>
    excludedModels.has(model.ref) || excludedModels.has(model.provider);
  const isUsable = (candidate: Candidate): boolean => !isExcluded(candidate) && breakers.isCallable(candidate.model);
  const invalidError = (): Error => new OutputInvalidError(call.purpose, problems, { isDeterministic });
  const finalError = (otherwise: () => Error): Error =>
    invalidReplies > 0 ? invalidError() : (lastError ?? otherwise());

  for (;;) {
    scope.signal.throwIfAborted();
    const remainingMs = scope.deadlineAtMs - clock.monotonicMs();
    if (remainingMs < settings.minCallMs) throw finalError(() => new DeadlineReachedError(remainingMs));
    if (scope.requestBudget.remaining <= 0) throw finalError(() => new CallBudgetExhaustedError());
    const chosen = candidates.find(isUsable);
    if (!chosen)
      throw finalError(() =>
        allBreakersOpen(
          context,
          candidates.map(({ model }) => model),
        ),
      );

    const isRepeat =
      (failures.get(chosen.model.ref) ?? 0) > 0 || (invalidReplies > 0 && escalatedFrom === undefined && !hasTriedPeer);
    const reason = describeRoute({
      chosen,
      requestedTier: decision.tier,
      isFirstChoice: chosen === candidates[0] && !hasTriedPeer,
      isRepeat,
      isEscalated: escalatedFrom !== undefined,
      after: lastCode ?? (chosen === candidates[0] ? undefined : 'BREAKER_OPEN'),
    });
    const route = { reason, rule: decision.rule, ...(escalatedFrom && { escalatedFrom }) };

    let outcome;
    try {
      outcome = await sendRequest(context, scope, { prepared, counted }, chosen, route);
    } catch (error) {
      if (!(error instanceof BreakerOpenError) || error instanceof NoSlotError) throw error;
      // The provider's limits are exhausted, or another call has opened the breaker.
      excludedModels.add(chosen.model.ref);
      lastCode = error.code;
      continue;
    }

    if (outcome.outcome === 'accepted') return outcome;
    if (outcome.outcome === 'invalid') {
      invalidReplies += 1;
      problems = outcome.problems;
      const identity = `${chosen.model.ref}\n${outcome.text}`;
      isDeterministic ||= rejected.has(identity);
      rejected.add(identity);
      lastCode = 'OUTPUT_INVALID';
      if (escalatedFrom !== undefined) throw invalidError();
      if (invalidReplies < INVALID_BEFORE_ESCALATION) continue;
      const above = shiftTier(chosen.tier, 1);
      const escalated = candidatesOf(above, false);
      if (above !== chosen.tier && escalated.outcome === 'candidates') {
        escalatedFrom = chosen.tier;
        candidates = escalated.candidates;
        continue;
      }
      // No tier above: try another model of this tier.
      candidates = candidates.filter(({ model, tier }) => tier === chosen.tier && model.ref !== chosen.model.ref);
      if (hasTriedPeer || !candidates.some(isUsable)) throw invalidError();
      hasTriedPeer = true;
      continue;
    }

    const { error } = outcome;
    // Prefer a retryable error: a later attempt can succeed.
    if (lastError?.retryable !== true || error.retryable) lastError = error;
    lastCode = error.code;
    const failuresOfModel = (failures.get(chosen.model.ref) ?? 0) + 1;
    failures.set(chosen.model.ref, failuresOfModel);
    const next = decideAfterFailure({
      error,
      failuresOfModel,
      remainingRequests: scope.requestBudget.remaining,
      remainingMs: scope.deadlineAtMs - clock.monotonicMs() - settings.minCallMs,
      hasAlternative: candidates.some((other) => other !== chosen && isUsable(other)),
      random: context.random(),
      policy: settings.retry,
    });
    if (next.outcome === 'fail') throw error.reach === 'call' ? error : finalError(() => error);
    if (next.outcome === 'next')
      excludedModels.add(next.exclude === 'provider' ? chosen.model.provider : chosen.model.ref);
    else await clock.sleep(next.waitMs, scope.signal);
  }
}

function allBreakersOpen({ breakers, pacer }: GatewayContext, models: readonly Model[]): BreakerOpenError {
  const soonestMs = Math.min(...models.map((model) => Math.max(breakers.reopensInMs(model), pacer.waitMs(model))));
  return new BreakerOpenError('every model of the tier and below has an open circuit breaker or no capacity', {
    retryAfterMs: Math.ceil(soonestMs),
  });
}
