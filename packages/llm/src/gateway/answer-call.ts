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
import { attemptCall } from './attempt-call.ts';
import type { GatewayContext } from './gateway-context.ts';
import type { PreparedCall } from './prepare-call.ts';

export interface Answer<T> {
  value: T;
  reply: JournaledReply;
}

/** Invalid replies after which the next tier is asked: the first one is retried where it came from. */
const INVALID_BEFORE_ESCALATION = 2;

/**
 * Asks models until one gives a valid reply: the same one again after a passing fault, then the tier's next candidate,
 * then the next tier down; after two invalid replies, once, the tier above, or at the top another model of the tier.
 * Bounded by the attempt's tries and deadline.
 *
 * @throws {AppError} the last failure, or what stood in the way of asking at all
 */
export async function answerCall<T>(
  context: GatewayContext,
  scope: CallScope,
  prepared: PreparedCall<T>,
): Promise<Answer<T>> {
  const { clock, settings, breakers } = context;
  const { asked, call } = prepared;
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

  const listed = candidatesOf(asked.tier, true);
  if (listed.outcome === 'none') throw new NoCandidateModelError(asked.tier);
  if (listed.outcome === 'too_long') throw new ContextTooLongError(`no configured model has room for ${call.purpose}`);

  let candidates = listed.candidates;
  let escalatedFrom: Tier | undefined;
  let invalidReplies = 0;
  let hasAskedPeer = false;
  let problems = '';
  /** Rejected replies by model and text: one that comes back word for word shows that asking again is of no use. */
  const rejected = new Set<string>();
  let isDeterministic = false;
  let lastCode: string | undefined;
  let lastError: ProviderError | undefined;
  const failures = new Map<string, number>();
  const left = new Set<string>();
  const isLeft = ({ model }: Candidate): boolean => left.has(model.ref) || left.has(model.provider);
  const isOpen = (candidate: Candidate): boolean => !isLeft(candidate) && breakers.isCallable(candidate.model);
  const invalidError = (): Error => new OutputInvalidError(call.purpose, problems, { isDeterministic });
  const surrender = (otherwise: () => Error): Error =>
    invalidReplies > 0 ? invalidError() : (lastError ?? otherwise());

  for (;;) {
    scope.signal.throwIfAborted();
    const leftMs = scope.deadlineAtMs - clock.monotonicMs();
    if (leftMs < settings.minCallMs) throw surrender(() => new DeadlineReachedError(leftMs));
    if (scope.tries.left <= 0) throw surrender(() => new CallBudgetExhaustedError());
    const chosen = candidates.find(isOpen);
    if (!chosen)
      throw surrender(() =>
        allBreakersOpen(
          context,
          candidates.map(({ model }) => model),
        ),
      );

    const isRepeat =
      (failures.get(chosen.model.ref) ?? 0) > 0 || (invalidReplies > 0 && escalatedFrom === undefined && !hasAskedPeer);
    const reason = describeRoute({
      chosen,
      askedTier: asked.tier,
      isFirstChoice: chosen === candidates[0] && !hasAskedPeer,
      isRepeat,
      isEscalated: escalatedFrom !== undefined,
      after: lastCode ?? (chosen === candidates[0] ? undefined : 'BREAKER_OPEN'),
    });
    const route = { reason, rule: asked.rule, ...(escalatedFrom && { escalatedFrom }) };

    let outcome;
    try {
      outcome = await attemptCall(context, scope, { prepared, counted }, chosen, route);
    } catch (error) {
      if (!(error instanceof BreakerOpenError) || error instanceof NoSlotError) throw error;
      // The provider's limits are used up, or another call has opened the breaker.
      left.add(chosen.model.ref);
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
      // Nothing is above: what this model cannot do, its peer may.
      candidates = candidates.filter(({ model, tier }) => tier === chosen.tier && model.ref !== chosen.model.ref);
      if (hasAskedPeer || !candidates.some(isOpen)) throw invalidError();
      hasAskedPeer = true;
      continue;
    }

    const { error } = outcome;
    // Of several failures the passing one is worth reporting: it says that trying later may help.
    if (lastError?.retryable !== true || error.retryable) lastError = error;
    lastCode = error.code;
    const failuresOfModel = (failures.get(chosen.model.ref) ?? 0) + 1;
    failures.set(chosen.model.ref, failuresOfModel);
    const next = decideAfterFailure({
      error,
      failuresOfModel,
      triesLeft: scope.tries.left,
      leftMs: scope.deadlineAtMs - clock.monotonicMs() - settings.minCallMs,
      hasAlternative: candidates.some((other) => other !== chosen && isOpen(other)),
      random: context.random(),
      policy: settings.retry,
    });
    if (next.outcome === 'give_up') throw error.reach === 'call' ? error : surrender(() => error);
    if (next.outcome === 'next') left.add(next.leave === 'provider' ? chosen.model.provider : chosen.model.ref);
    else await clock.sleep(next.waitMs, scope.signal);
  }
}

function allBreakersOpen({ breakers, pacer }: GatewayContext, models: readonly Model[]): BreakerOpenError {
  const soonestMs = Math.min(...models.map((model) => Math.max(breakers.reopensInMs(model), pacer.waitMs(model))));
  return new BreakerOpenError('no model of the tier, or below it, takes requests at the moment', {
    retryAfterMs: Math.ceil(soonestMs),
  });
}
