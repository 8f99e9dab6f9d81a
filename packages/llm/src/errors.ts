import { formatUsd } from '@pressroom/contracts';
import { AppError, type AppErrorOptions } from '@pressroom/runtime';

import type { BudgetRefusal } from './ports.ts';

/*
 * Everything the gateway throws. Messages name providers, models, codes and numbers; never a prompt, a reply or a key.
 * That is also why provider errors keep no `cause`: the SDKs' errors carry request and response bodies.
 */

/** How far the fault of a failed provider request reaches, and so what is tried next. */
export type FaultReach =
  /** This request, at this moment: the same model may answer the next one. */
  | 'moment'
  /** This model cannot serve this call; another may. */
  | 'model'
  /** This provider cannot serve any call; another may. */
  | 'provider'
  /** The call itself: no provider is asked again. */
  | 'call';

export interface ProviderFaultOptions extends AppErrorOptions {
  /** The provider asked not to be tried again (`x-should-retry: false`). */
  doNotRetry?: boolean;
  /** It is certain that the provider charges nothing (ADR 14). Default: false, for what is not certain is not free. */
  isFree?: boolean;
}

/** Base of the ways in which a provider request fails. */
export abstract class ProviderError extends AppError {
  abstract readonly reach: FaultReach;
  /** Counts against the provider's breaker: it is the provider that is unwell, not the request. */
  abstract readonly isOutage: boolean;
  readonly doNotRetry: boolean;
  readonly isFree: boolean;

  constructor(message: string, options: ProviderFaultOptions = {}) {
    super(message, options);
    this.doNotRetry = options.doNotRetry ?? false;
    this.isFree = options.isFree ?? false;
  }
}

export class ProviderRateLimitedError extends ProviderError {
  readonly code = 'PROVIDER_RATE_LIMITED';
  readonly retryable = true;
  readonly reach = 'moment';
  readonly isOutage = false;
}

export class ProviderUnavailableError extends ProviderError {
  readonly code = 'PROVIDER_UNAVAILABLE';
  readonly retryable = true;
  readonly reach = 'moment';
  readonly isOutage = true;
}

/** No reply in time. An outage, unless it was the attempt that had little time left to give. */
export class ProviderTimedOutError extends ProviderError {
  readonly code = 'PROVIDER_TIMED_OUT';
  readonly retryable = true;
  readonly reach = 'moment';
  readonly isOutage: boolean;

  constructor(message: string, options: ProviderFaultOptions & { isOutage?: boolean } = {}) {
    super(message, options);
    this.isOutage = options.isOutage ?? true;
  }
}

/** The key is refused or the account has no credit: an operator has to act. */
export class ProviderAuthFailedError extends ProviderError {
  readonly code = 'PROVIDER_AUTH_FAILED';
  readonly retryable = false;
  readonly reach = 'provider';
  readonly isOutage = false;
}

export class ProviderBadRequestError extends ProviderError {
  readonly code = 'PROVIDER_BAD_REQUEST';
  readonly retryable = false;
  readonly reach = 'model';
  readonly isOutage = false;
}

export class ContextTooLongError extends ProviderError {
  readonly code = 'CONTEXT_TOO_LONG';
  readonly retryable = false;
  readonly reach = 'model';
  readonly isOutage = false;
}

/** The address answers with a redirect: the operator has to configure where it leads. Nothing was served, nothing is charged. */
export class ProviderRedirectedError extends ProviderError {
  readonly code = 'PROVIDER_BAD_REQUEST';
  readonly retryable = false;
  readonly reach = 'provider';
  readonly isOutage = false;

  constructor(message: string) {
    super(message, { isFree: true });
  }
}

/** The reply went far beyond the cap that the request set, and was not read to its end. */
export class ReplyTooLongError extends ProviderError {
  readonly code = 'OUTPUT_INVALID';
  readonly retryable = false;
  readonly reach = 'model';
  readonly isOutage = false;
}

/** The model declined to answer. Asking another one the same is not the gateway's decision. */
export class ProviderRefusedError extends ProviderError {
  readonly code = 'PROVIDER_REFUSED';
  readonly retryable = false;
  readonly reach = 'call';
  readonly isOutage = false;
}

/** Every candidate's breaker is open, or its provider's limits are used up. Not a failure of the step. */
export class BreakerOpenError extends AppError {
  readonly code = 'BREAKER_OPEN';
  readonly retryable = true;
}

/** All of this process's slots for a model are taken: the provider is well, so that asking another model is no answer. */
export class NoSlotError extends BreakerOpenError {}

/** A budget in scope cannot hold the call's worst case; no request was made. */
export class BudgetExhaustedError extends AppError {
  readonly code = 'BUDGET_EXHAUSTED';
  readonly retryable = false;
  readonly budget: string;

  constructor(refusal: BudgetRefusal) {
    super(describeRefusal(refusal));
    this.budget = refusal.budget;
  }
}

function describeRefusal(refusal: BudgetRefusal): string {
  const { budget, amountNanoUsd, shortfallNanoUsd, limitNanoUsd, spentNanoUsd } = refusal;
  const left = amountNanoUsd - shortfallNanoUsd;
  const held = limitNanoUsd - spentNanoUsd - left;
  const isTask = budget.startsWith('task:');
  const remedy = isTask
    ? 'retry or redrive the task with a larger budgetUsd, or submit it again with one'
    : 'raise its limit, then retry the task';
  return (
    `the next call may cost up to ${dollars(amountNanoUsd)}, and ${dollars(left)} is left of ` +
    `${isTask ? "the task's budget" : `the budget ${budget}`} of ${dollars(limitNanoUsd)} (${dollars(spentNanoUsd)} spent, ` +
    `${dollars(held > 0n ? held : 0n)} held for calls under way): ${remedy}`
  );
}

/** `$0.25`, `$0.00438375`: exact, with two decimals at least. */
const dollars = (nanoUsd: bigint): string =>
  `${nanoUsd < 0n ? '-' : ''}$${formatUsd(nanoUsd < 0n ? -nanoUsd : nanoUsd).replace(/0{1,7}$/, '')}`;

/** No configured model can serve the call. */
export class NoCandidateModelError extends AppError {
  readonly code = 'NO_CANDIDATE_MODEL';
  readonly retryable = false;

  constructor(tier: string) {
    super(`no configured model can serve tier ${tier}`);
  }
}

/** The attempt has used all its provider tries. */
export class CallBudgetExhaustedError extends AppError {
  readonly code = 'CALL_BUDGET_EXHAUSTED';
  readonly retryable = true;

  constructor() {
    super('the attempt has no provider tries left');
  }
}

/** Too little of the attempt's time is left to start a call. */
export class DeadlineReachedError extends AppError {
  readonly code = 'STEP_TIMED_OUT';
  readonly retryable = true;

  constructor(leftMs: number) {
    super(`only ${Math.max(0, Math.round(leftMs))} ms of the attempt are left, too few to start a call`);
  }
}

/**
 * No reply passed its schema and checks, after a retry and an escalation. Not retryable once a model has given a rejected
 * reply again word for word: the same prompt would buy the same reply.
 */
export class OutputInvalidError extends AppError {
  readonly code = 'OUTPUT_INVALID';
  readonly retryable: boolean;

  constructor(purpose: string, problems: string, options: { isDeterministic?: boolean } = {}) {
    super(`no valid reply for ${purpose}: ${problems}`);
    this.retryable = !(options.isDeterministic ?? false);
  }
}
