import {
  isConnectionFailure,
  type EndedCall,
  type LedgerEntryFacts,
  type MoneyStore,
  type Reservation,
  type ReservationAnswer,
} from '@pressroom/db';
import { retryWhileStoreUnavailable } from '@pressroom/engine';
import type {
  ReusedReply,
  BudgetRefusal,
  CallScope,
  EndCallRequest,
  GatewayStore,
  JournaledReply,
  LedgerFacts,
  Usage,
} from '@pressroom/llm';
import { createIsolatingBatcher, type Clock, type Logger } from '@pressroom/runtime';
import { settleCall } from './settle-call.ts';

/** Points between the gateway's records at which a test may stop the process; see the chaos suite. */
export type MoneyCheckpoint = 'reserved' | 'replied' | 'journaled';

/**
 * The gateway's store on top of the money store. Concurrent requests are batched into one statement. While the database is
 * unavailable, both sides of a call wait and retry: no reply is lost, and a reservation whose commit was not confirmed is
 * retried with the same id, so that no hold remains for a call that was never made. A rejected reservation fails alone; a
 * rejected end of a call is settled as `uncertain` at the reserved amount.
 */
export function createGatewayStore(deps: {
  money: MoneyStore;
  clock: Clock;
  log: Logger;
  onCheckpoint?: (point: MoneyCheckpoint) => void;
}): GatewayStore {
  const { money, clock, log } = deps;
  const batching = { maxSize: 64, maxParallel: 2, isSharedFailure: isConnectionFailure };
  const reserve = createIsolatingBatcher<Reservation, ReservationAnswer | undefined>(async (items) => {
    const answers = new Map((await money.reserve(items)).map((answer) => [answer.id, answer]));
    return items.map((item) => answers.get(item.id));
  }, batching);
  const end = createIsolatingBatcher<EndedCall, undefined>(async (items) => {
    await money.endCalls(items);
    return items.map(() => undefined);
  }, batching);

  return {
    async findReply({ stepId, journalGeneration, path, requestHash }, signal) {
      const key = { stepId, generation: journalGeneration, path, requestHash };
      const reply = await retryWhileStoreUnavailable(() => money.findReply(key), {
        clock,
        log,
        event: 'call.find_reply_waits',
        signal,
      });
      return reply === undefined ? undefined : fromStored(reply as StoredReply);
    },

    async reserve(request) {
      const { scope, path, reservationId } = request;
      const usage = { ...NO_USAGE, uncachedInput: request.inputTokens, output: request.maxOutputTokens };
      const reservation: Reservation = {
        id: reservationId,
        sessionId: scope.sessionId,
        taskId: scope.taskId,
        stepId: scope.stepId,
        attempt: scope.attempt,
        amountNano: request.amountNanoUsd.toString(),
        budgets: budgetsInScope(scope),
        entry: {
          ...entryFacts(scope, path, request, usage),
          reservationId,
          baselineNano: request.baselineNanoUsd.toString(),
        },
      };
      const { signal } = scope;
      const answer = await retryWhileStoreUnavailable(() => reserve(reservation), {
        clock,
        log,
        event: 'call.reserve_waits',
        signal,
      });
      deps.onCheckpoint?.('reserved');
      switch (answer?.outcome) {
        case 'reserved':
          return { outcome: 'reserved' };
        case 'over_budget':
          return { outcome: 'over_budget', refusal: toBudgetRefusal(answer, request.amountNanoUsd) };
        case 'fenced':
        case undefined:
          return { outcome: 'fenced' };
      }
    },

    async endCall(request) {
      deps.onCheckpoint?.('replied');
      const ended = toEndedCall(request);
      await settleCall(end, ended, { money, clock, log });
      deps.onCheckpoint?.('journaled');
    },
  };
}

/** Ledger row of a reused reply. */
export function toAvoidedEntry(scope: CallScope, call: ReusedReply): { entry: LedgerEntryFacts; baselineNano: string } {
  return {
    entry: { ...entryFacts(scope, call.path, call, call.usage), cache: call.cache, lever: call.lever },
    baselineNano: call.baselineNanoUsd.toString(),
  };
}

/** Converts the store's refusal of a reservation for the gateway. */
export const toBudgetRefusal = (
  answer: Extract<ReservationAnswer, { outcome: 'over_budget' }>,
  amountNanoUsd: bigint,
): BudgetRefusal => ({
  budget: answer.budget,
  amountNanoUsd,
  shortfallNanoUsd: answer.shortfallNano,
  limitNanoUsd: answer.limitNano,
  spentNanoUsd: answer.spentNano,
});

/** Keys of the budgets that limit a call. A key without a counter does not limit it. */
const budgetsInScope = (scope: CallScope): string[] => [`task:${scope.taskId}`];

const NO_USAGE: Usage = { uncachedInput: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 0, reasoning: 0 };

function entryFacts(scope: CallScope, path: string, facts: LedgerFacts, usage: Usage): LedgerEntryFacts {
  return {
    tenantId: scope.tenantId,
    taskId: scope.taskId,
    stepId: scope.stepId,
    stepKey: scope.stepKey,
    agent: scope.agent,
    taskType: scope.taskType,
    generation: scope.generation,
    attempt: scope.attempt,
    path,
    purpose: facts.purpose,
    tier: facts.tier,
    provider: facts.provider,
    model: facts.model,
    ...usage,
    cache: 'miss',
    lever: null,
    promptId: facts.prompt.id,
    promptVersion: facts.prompt.version,
    route: facts.route,
    priceVersion: facts.priceVersion,
    simulated: facts.simulated,
    latencyMs: 0,
    errorCode: null,
    reservationId: null,
  };
}

function toEndedCall(request: EndCallRequest): EndedCall {
  const { scope, path, reply, reservationId } = request;
  return {
    reservationId,
    status: request.status,
    costNano: request.costNanoUsd.toString(),
    baselineNano: request.baselineNanoUsd.toString(),
    budgets: budgetsInScope(scope),
    entry: {
      ...entryFacts(scope, path, request, request.usage),
      reservationId,
      latencyMs: Math.round(request.latencyMs),
      errorCode: request.error?.code ?? null,
      ...(request.limitation && { limitation: request.limitation }),
      ...(request.serviceTier !== undefined && { serviceTier: request.serviceTier }),
    },
    ...(reply && {
      journal: {
        stepId: scope.stepId,
        generation: scope.journalGeneration,
        path,
        requestHash: request.requestHash,
        taskId: scope.taskId,
        reply: toStored(reply),
      },
    }),
  };
}

/** JSON has no bigint: amounts are stored as decimal strings. */
export type StoredReply = Omit<JournaledReply, 'costNanoUsd' | 'baselineNanoUsd'> & {
  costNanoUsd: string;
  baselineNanoUsd: string;
};

export const toStored = (reply: JournaledReply): StoredReply => ({
  ...reply,
  costNanoUsd: reply.costNanoUsd.toString(),
  baselineNanoUsd: reply.baselineNanoUsd.toString(),
});

export const fromStored = (reply: StoredReply): JournaledReply => ({
  ...reply,
  costNanoUsd: BigInt(reply.costNanoUsd),
  baselineNanoUsd: BigInt(reply.baselineNanoUsd),
});
