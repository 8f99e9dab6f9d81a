import type { EndedCall, LedgerEntryFacts, Reservation, StepAttempt } from '@pressroom/db';
import { newId } from '@pressroom/runtime';

/** A ledger entry of one provider call of an attempt: 100 input tokens, 50 output tokens. */
export function aLedgerEntry(
  attempt: Pick<
    StepAttempt,
    'tenantId' | 'taskId' | 'stepId' | 'key' | 'agent' | 'taskType' | 'generation' | 'attempt'
  >,
  facts: Partial<LedgerEntryFacts> = {},
): LedgerEntryFacts {
  return {
    tenantId: attempt.tenantId,
    taskId: attempt.taskId,
    stepId: attempt.stepId,
    stepKey: attempt.key,
    agent: attempt.agent,
    taskType: attempt.taskType,
    generation: attempt.generation,
    attempt: attempt.attempt,
    path: 'write',
    purpose: 'write',
    tier: 'T2',
    provider: 'simulator',
    model: 'sim-standard',
    uncachedInput: 100,
    cacheRead: 0,
    cacheWrite5m: 0,
    cacheWrite1h: 0,
    output: 50,
    reasoning: 0,
    cache: 'miss',
    lever: null,
    promptId: 'write',
    promptVersion: '1',
    route: { reason: 'plan', rule: 'default' },
    priceVersion: '1',
    simulated: true,
    latencyMs: 10,
    errorCode: null,
    reservationId: null,
    ...facts,
  };
}

/** A reservation for one call of an attempt: 100 nano-dollars, without budgets. */
export function aReservation(
  attempt: StepAttempt,
  sessionId: string,
  facts: Partial<Omit<Reservation, 'entry'>> = {},
): Reservation {
  const id = facts.id ?? newId();
  const amountNano = facts.amountNano ?? '100';
  return {
    sessionId,
    taskId: attempt.taskId,
    stepId: attempt.stepId,
    attempt: attempt.attempt,
    budgets: [],
    entry: { ...aLedgerEntry(attempt, { reservationId: id }), baselineNano: amountNano },
    ...facts,
    id,
    amountNano,
  };
}

/** The end of the call of a reservation, at a cost of 60 nano-dollars. */
export function anEndedCall(reservation: Reservation, facts: Partial<EndedCall> = {}): EndedCall {
  const { baselineNano, ...entry } = reservation.entry;
  return {
    reservationId: reservation.id,
    status: 'ok',
    costNano: '60',
    baselineNano,
    budgets: reservation.budgets,
    entry,
    ...facts,
  };
}
