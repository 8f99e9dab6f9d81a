import { ToolUnavailableError, type StepContext, type ToolPrice } from '@pressroom/agents';
import type { EndedCall, JournalKeyRow, LedgerEntryFacts, MoneyStore, Reservation, StepAttempt } from '@pressroom/db';
import { retryWhileStoreUnavailable } from '@pressroom/engine';
import { BudgetExhaustedError } from '@pressroom/llm';
import { AppError, type Clock, LeaseLostError, type Logger, newId, sha256Hex } from '@pressroom/runtime';
import { toBudgetRefusal } from './gateway-store.ts';
import { settleCall } from './settle-call.ts';

type Money = Pick<MoneyStore, 'findReply' | 'saveReply' | 'reserve' | 'endCalls' | 'writeOff'>;

/**
 * Runs tools for one attempt and journals their results, so that a later attempt of the step reuses them without another
 * call. A paid tool is treated like a model: its price is reserved before the call, and result, ledger entry and settlement
 * are written in one statement after it.
 *
 * @param deps.onPaid called with the cost of each call
 */
export function createJournaledTool(deps: {
  money: Money;
  attempt: StepAttempt;
  /** Whether an earlier run may have journaled results; if false, the journal is not read. */
  hasPriorRun: boolean;
  run: { sessionId: string; signal: AbortSignal };
  onPaid: (costNanoUsd: bigint) => void;
  clock: Clock;
  log: Logger;
}): StepContext['tool'] {
  const { money, attempt } = deps;
  const { signal } = deps.run;
  return async <T>(path: string, run: (signal: AbortSignal) => Promise<T>, price?: ToolPrice): Promise<T> => {
    const key = {
      stepId: attempt.stepId,
      generation: attempt.journalGeneration,
      path: `tool:${path}`,
      requestHash: sha256Hex(path),
    };
    const waitForStore = <R>(work: () => Promise<R>, event: string): Promise<R | undefined> =>
      retryWhileStoreUnavailable(work, { clock: deps.clock, log: deps.log, event, signal });
    const journaled = deps.hasPriorRun
      ? await waitForStore(() => money.findReply(key), 'tool.find_reply_waits')
      : undefined;
    if (journaled !== undefined) return (journaled as { value: T }).value;
    if (price) return runPaid(deps, key, run, price);
    const value = await run(signal);
    await waitForStore(() => money.saveReply(attempt.taskId, key, { value }), 'tool.save_reply_waits');
    return value;
  };
}

type Deps = Parameters<typeof createJournaledTool>[0];

async function runPaid<T>(
  deps: Deps,
  key: JournalKeyRow,
  run: (signal: AbortSignal) => Promise<T>,
  price: ToolPrice,
): Promise<T> {
  const { attempt, clock } = deps;
  price.beforeCall();
  const reservationId = newId();
  const entry = ledgerEntry(attempt, key.path, price.tool, reservationId);
  await reserve(deps, entry, price);
  const startedMs = clock.monotonicMs();
  const end = (
    ended: Pick<EndedCall, 'status' | 'journal'>,
    costNanoUsd: bigint,
    errorCode: string | null,
  ): Promise<void> =>
    endCall(deps, {
      ...ended,
      reservationId,
      costNano: costNanoUsd.toString(),
      // There is no alternative to compare with, so no savings are recorded.
      baselineNano: costNanoUsd.toString(),
      budgets: budgetsOf(attempt),
      entry: { ...entry, latencyMs: Math.round(clock.monotonicMs() - startedMs), errorCode },
    });
  let value: T;
  try {
    value = await run(deps.run.signal);
  } catch (error) {
    const isUnbilled = error instanceof ToolUnavailableError && !error.mayBeBilled;
    // As for models: a call that may have been served is uncertain at its price.
    const status = isUnbilled ? 'failed' : 'uncertain';
    await end({ status }, isUnbilled ? 0n : price.costNanoUsd, AppError.is(error) ? error.code : 'INTERNAL');
    throw error;
  }
  await end({ status: 'ok', journal: { ...key, taskId: attempt.taskId, reply: { value } } }, price.costNanoUsd, null);
  return value;
}

/** @throws {BudgetExhaustedError} | {@link LeaseLostError} */
async function reserve(
  { money, attempt, run, clock, log }: Deps,
  entry: LedgerEntryFacts,
  price: ToolPrice,
): Promise<void> {
  const amountNano = price.costNanoUsd.toString();
  const reservation: Reservation = {
    id: entry.reservationId ?? '',
    sessionId: run.sessionId,
    taskId: attempt.taskId,
    stepId: attempt.stepId,
    attempt: attempt.attempt,
    amountNano,
    budgets: budgetsOf(attempt),
    entry: { ...entry, baselineNano: amountNano },
  };
  // Retried with the same id, so that an unconfirmed commit holds no money for a call that is never made.
  const answers = await retryWhileStoreUnavailable(() => money.reserve([reservation]), {
    clock,
    log,
    event: 'call.reserve_waits',
    signal: run.signal,
  });
  const answer = answers?.[0];
  if (answer?.outcome === 'over_budget') {
    throw new BudgetExhaustedError(toBudgetRefusal(answer, price.costNanoUsd));
  }
  if (answer?.outcome !== 'reserved') throw new LeaseLostError();
}

/** Settles a call; waits and retries while the database is unavailable, so that no paid result is lost. */
async function endCall({ money, onPaid, clock, log }: Deps, ended: EndedCall): Promise<void> {
  await settleCall((call) => money.endCalls([call]), ended, { money, clock, log });
  onPaid(BigInt(ended.costNano));
}

/** Keys of the budgets that limit a call, as for models. A key without a counter does not limit it. */
const budgetsOf = (attempt: StepAttempt): string[] => [`task:${attempt.taskId}`];

function ledgerEntry(attempt: StepAttempt, path: string, tool: string, reservationId: string): LedgerEntryFacts {
  return {
    tenantId: attempt.tenantId,
    taskId: attempt.taskId,
    stepId: attempt.stepId,
    stepKey: attempt.key,
    agent: attempt.agent,
    taskType: attempt.taskType,
    generation: attempt.generation,
    attempt: attempt.attempt,
    path,
    purpose: `tool:${tool}`,
    // Tools have no tier; the cheapest one does not distort the cost per tier.
    tier: 'T1',
    provider: tool,
    model: tool,
    uncachedInput: 0,
    cacheRead: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    output: 0,
    reasoning: 0,
    cache: 'miss',
    lever: null,
    promptId: `tool:${tool}`,
    promptVersion: '1',
    route: { reason: 'planned lookup', rule: 'tool' },
    priceVersion: 'configuration',
    simulated: false,
    latencyMs: 0,
    errorCode: null,
    reservationId,
  };
}
