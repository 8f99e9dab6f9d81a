import type { DeadLetterView, OperationView } from '@pressroom/contracts';
import { AppError, newId } from '@pressroom/runtime';

import type {
  AlertQueries,
  AuditQueries,
  BulkTaskCommands,
  DeadLetterCommands,
  DeadLetterQueries,
  Operations,
  RedriveOutcome,
} from '../ports.ts';

class FakeCursorError extends AppError {
  readonly code = 'VALIDATION_FAILED';
  readonly retryable = false;
}

/** A dead letter, as a store would show it. */
export function aDeadLetterView(tenantId: string, facts: Partial<DeadLetterView> = {}): DeadLetterView {
  return {
    id: newId(),
    taskId: newId(),
    stepId: newId(),
    stepKey: 'draft-2',
    agent: 'draft',
    tenantId,
    taskType: 'article',
    generation: 1,
    errorCode: 'PROVIDER_REFUSED',
    errorClass: null,
    topFrame: null,
    message: 'the provider refused',
    fingerprint: '0123456789abcdef',
    attempts: [],
    payload: { part: 2 },
    costUsd: '0.000000000',
    state: 'open',
    previousId: null,
    redrivenAs: null,
    operationId: null,
    endedBy: null,
    reason: null,
    createdAt: '2026-03-01T10:00:00.000Z',
    endedAt: null,
    ...facts,
  };
}

/** Dead letters, operations, audit and alerts over memory, recording what they are asked. */
export function createFakeDeadLetters(answer: <T>(make: () => T) => Promise<T>) {
  const stored = new Map<string, DeadLetterView>();
  const running = new Map<string, { view: OperationView; tenantId: string | null }>();
  const asked: { what: string; args: unknown[] }[] = [];
  /** What the next redrive comes to, when not what the dead letter's state says. */
  const state: { redrive: RedriveOutcome | undefined } = { redrive: undefined };

  const visible = (id: string, tenantId: string | null): DeadLetterView | undefined => {
    const deadLetter = stored.get(id);
    return deadLetter !== undefined && (tenantId === null || deadLetter.tenantId === tenantId) ? deadLetter : undefined;
  };
  const page = <T>(items: T[], cursor: string | undefined) => {
    if (cursor !== undefined) throw new FakeCursorError('not a cursor of this list');
    return { items, nextCursor: null };
  };
  const record =
    <Args extends unknown[], T>(what: string, make: (...args: Args) => T) =>
    (...args: Args): Promise<T> => {
      asked.push({ what, args });
      return answer(() => make(...args));
    };
  const begin = (kind: OperationView['kind']) =>
    record(kind, (bulk: Parameters<DeadLetterCommands['redriveAll']>[0]) => {
      const { tenantId } = bulk.selection;
      const matched = [...stored.values()].filter(
        (deadLetter) => tenantId === null || deadLetter.tenantId === tenantId,
      ).length;
      const id = newId();
      running.set(id, {
        tenantId,
        view: {
          id,
          kind,
          status: 'running',
          dryRun: bulk.dryRun,
          filter: {},
          matched,
          done: 0,
          failed: 0,
          ratePerSecond: bulk.ratePerSecond ?? null,
          limit: bulk.limit ?? null,
          lastError: null,
          createdBy: { keyId: 'operate', role: 'operate' },
          createdAt: '2026-03-01T10:00:00.000Z',
          startedAt: null,
          finishedAt: null,
        },
      });
      return { operationId: id, matched };
    });
  const operationOf = (id: string, tenantId: string | null): OperationView | undefined => {
    const found = running.get(id);
    return found === undefined || (tenantId !== null && found.tenantId !== tenantId) ? undefined : found.view;
  };

  const deadLetters: DeadLetterQueries = {
    list: record('list', ({ tenantId }, { cursor }) =>
      page(
        [...stored.values()].filter((deadLetter) => tenantId === null || deadLetter.tenantId === tenantId),
        cursor,
      ),
    ),
    groups: record('groups', (_selection, { cursor }) => page([], cursor)),
    get: (id, tenantId) => answer(() => visible(id, tenantId)),
  };
  const deadLetterCommands: DeadLetterCommands = {
    redrive: record('redrive', (id, tenantId): RedriveOutcome => {
      const deadLetter = visible(id, tenantId);
      if (deadLetter === undefined) return { outcome: 'not_found' };
      if (state.redrive !== undefined) return state.redrive;
      if (deadLetter.state !== 'open') return { outcome: 'already_ended', state: deadLetter.state };
      stored.set(id, { ...deadLetter, state: 'redriven' });
      return {
        outcome: 'restarted',
        taskId: deadLetter.taskId ?? '',
        generation: 2,
        restarted: ['draft-2', 'refine'],
        removed: [],
      };
    }),
    discard: record('discard', (id, tenantId, reason) => {
      const deadLetter = visible(id, tenantId);
      if (deadLetter === undefined) return { outcome: 'not_found' as const };
      if (deadLetter.state !== 'open') return { outcome: 'already_ended' as const, state: deadLetter.state };
      stored.set(id, { ...deadLetter, state: 'discarded', reason });
      return { outcome: 'discarded' as const };
    }),
    redriveAll: begin('dead_letter.redrive'),
    discardAll: begin('dead_letter.discard'),
  };
  const bulkTasks: BulkTaskCommands = {
    begin: record('bulkTasks', () => ({ operationId: newId(), matched: 3 })),
  };
  const operations: Operations = {
    list: (tenantId) =>
      answer(() => ({
        items: [...running.values()]
          .filter((each) => tenantId === null || each.tenantId === tenantId)
          .map(({ view }) => view),
        nextCursor: null,
      })),
    get: (id, tenantId) => answer(() => operationOf(id, tenantId)),
    abort: record('abort', (id, tenantId) => {
      const operation = operationOf(id, tenantId);
      return operation && { ...operation, status: 'aborted' as const };
    }),
  };
  const audit: AuditQueries = { list: record('audit', (_filter, { cursor }) => page([], cursor)) };
  const alerts: AlertQueries = { list: record('alerts', (_tenantId, { cursor }) => page([], cursor)) };

  return {
    state,
    asked,
    ports: { deadLetters, deadLetterCommands, operations, bulkTasks, audit, alerts },
    add(tenantId: string, facts: Partial<DeadLetterView> = {}): string {
      const deadLetter = aDeadLetterView(tenantId, facts);
      stored.set(deadLetter.id, deadLetter);
      return deadLetter.id;
    },
  };
}
