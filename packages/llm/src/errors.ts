import { formatUsd } from '@pressroom/contracts';
import { AppError, type AppErrorOptions } from '@pressroom/runtime';

import type { BudgetRefusal } from './ports.ts';

/*
 * Errors of the gateway. Messages name providers, models, codes and numbers; never a prompt, a reply or a key. For the
 * same reason provider errors have no `cause`: SDK errors carry request and response bodies.
 */

/** Scope of a failed provider request, which determines the next request. */
export type FaultReach =
  /** This request only: the same model may answer the next one. */
  | 'moment'
  /** This model cannot serve this call; another may. */
  | 'model'
  /** This provider cannot serve any call; another may. */
  | 'provider'
  /** The call itself is invalid: no further provider is tried. */
  | 'call';

export interface ProviderFaultOptions extends AppErrorOptions {
  /** The provider forbids a retry (`x-should-retry: false`). */
  doNotRetry?: boolean;
  /** True only when the provider certainly charges nothing (ADR 14). Default: false. */
  isFree?: boolean;
}

/** Base class of provider request failures. */
export abstract class ProviderError extends AppError {
  abstract readonly reach: FaultReach;
  /** Counts against the provider's breaker: the provider failed, not the request. */
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

/** No reply in time. An outage, unless the attempt's remaining time was the limit. */
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

/** The key is refused or the account has no credit: an operator must act. */
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

/** The base URL redirects: the operator must configure the target. Nothing was served or charged. */
export class ProviderRedirectedError extends ProviderError {
  readonly code = 'PROVIDER_BAD_REQUEST';
  readonly retryable = false;
  readonly reach = 'provider';
  readonly isOutage = false;

  constructor(message: string) {
    super(message, { isFree: true });
  }
}

/** The reply exceeded the cap of the request and was cut. */
export class ReplyTooLongError extends ProviderError {
  readonly code = 'OUTPUT_INVALID';
  readonly retryable = false;
  readonly reach = 'model';
  readonly isOutage = false;
}

/** The model declined to answer. The gateway does not retry a refusal with another model. */
export class ProviderRefusedError extends ProviderError {
  readonly code = 'PROVIDER_REFUSED';
  readonly retryable = false;
  readonly reach = 'call';
  readonly isOutage = false;
}

/** Every candidate's breaker is open or its provider's limits are exhausted. Does not count as a failure of the step. */
export class BreakerOpenError extends AppError {
  readonly code = 'BREAKER_OPEN';
  readonly retryable = true;
}

/** All slots of this process for a model are in use. The provider is healthy, so no other model is tried. */
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

/** `$0.25`, `$0.00438375`: exact, at least two decimals. */
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

/** The attempt's request budget is exhausted. */
export class CallBudgetExhaustedError extends AppError {
  readonly code = 'CALL_BUDGET_EXHAUSTED';
  readonly retryable = true;

  constructor() {
    super('the attempt has used its budget of provider requests');
  }
}

/** The attempt has too little time left to start a call. */
export class DeadlineReachedError extends AppError {
  readonly code = 'STEP_TIMED_OUT';
  readonly retryable = true;

  constructor(remainingMs: number) {
    super(
      `only ${Math.max(0, Math.round(remainingMs))} ms of the attempt are left, which is too short to start a call`,
    );
  }
}

/**
 * No reply passed its schema and checks after a retry and an escalation. Not retryable once a model has repeated a
 * rejected reply word for word, because the same prompt would produce it again.
 */
export class OutputInvalidError extends AppError {
  readonly code = 'OUTPUT_INVALID';
  readonly retryable: boolean;

  constructor(purpose: string, problems: string, options: { isDeterministic?: boolean } = {}) {
    super(`no valid reply for ${purpose}: ${problems}`);
    this.retryable = !(options.isDeterministic ?? false);
  }
}
