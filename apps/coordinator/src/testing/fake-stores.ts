import type { RenderingStore } from '../rendering/result-renderer.ts';
import type { PoolScaling, RetentionChanges, TaskEvent, TaskStatus, TaskView } from '@pressroom/contracts';
import { formatUsd, isTerminalTask } from '@pressroom/contracts';
import { AppError, newId, sha256Hex } from '@pressroom/runtime';

import type {
  EventFeed,
  FleetQueries,
  KeyStore,
  Principal,
  Readiness,
  RetentionQueries,
  ResultMaterial,
  RetryOutcome,
  SubmitOutcome,
  TaskCommands,
  TaskQueries,
} from '../ports.ts';
import { createFakeControl } from './fake-control.ts';
import { createFakeDeadLetters } from './fake-dead-letters.ts';

/** A store that cannot be reached, as adapters report it. */
export class FakeOutageError extends AppError {
  readonly code = 'UNAVAILABLE';
  readonly retryable = true;
}

interface StoredTask {
  view: TaskView;
  events: TaskEvent[];
  outputs: Record<string, unknown>;
  contentDeleted: boolean;
  /** Results of generations before the one now. */
  earlier?: { generation: number; outputs: Record<string, unknown> }[];
}

/** How the stores behave: `up`, refusing every call, or never answering. */
export type StoreMode = 'up' | 'down' | 'hanging';

/**
 * All ports of the coordinator over memory. Tests drive it: `emit`, `finish`, `mode`. Pages hold tasks newest first and a
 * cursor is the id of a page's last task.
 */
export function createFakeStores() {
  const tasks = new Map<string, StoredTask>();
  const keys = new Map<string, Principal>();
  const idempotency = new Map<string, { bodyHash: string; taskId: string }>();
  const submissions: Parameters<TaskCommands['submit']>[0][] = [];
  const state = {
    mode: 'up' as StoreMode,
    backlogFull: false,
    storageFull: undefined as { usedBytes: number; limitBytes: number } | undefined,
    rateLimited: false,
    keyLookups: 0,
    feedCalls: 0,
    databaseReady: true,
    queueReady: true,
  };

  const answer = <T>(make: () => T): Promise<T> => {
    if (state.mode === 'hanging') return new Promise(() => undefined);
    if (state.mode === 'down') return Promise.reject(new FakeOutageError('connect ECONNREFUSED 10.0.0.7:5432'));
    return new Promise((resolve) => {
      resolve(make());
    });
  };
  const visible = (id: string, tenantId: string | null): StoredTask | undefined => {
    const task = tasks.get(id);
    return task !== undefined && (tenantId === null || task.view.tenantId === tenantId) ? task : undefined;
  };
  const mustHave = (id: string): StoredTask => {
    const task = tasks.get(id);
    if (task === undefined) throw new Error(`no task ${id}`);
    return task;
  };

  const emit = (id: string, type: string, data: Record<string, unknown> = {}): TaskEvent => {
    const task = mustHave(id);
    const event: TaskEvent = {
      seq: task.events.length + 1,
      type,
      at: new Date(1_700_000_000_000 + task.events.length).toISOString(),
      generation: task.view.generation,
      data,
    };
    task.events.push(event);
    return event;
  };

  const commands: TaskCommands = {
    submit: (request) =>
      answer((): SubmitOutcome => {
        submissions.push(request);
        const tenantId = request.tenantId ?? DEFAULT_TENANT;
        if (!TENANTS.has(tenantId)) return { outcome: 'unknown_tenant' };
        if (state.backlogFull) return { outcome: 'backlog_full', retryAfterMs: 4_200, limit: 50 };
        if (state.storageFull) return { outcome: 'storage_full', ...state.storageFull };
        if (state.rateLimited) return { outcome: 'rate_limited', retryAfterMs: 700, limit: 12 };
        const { key, bodyHash } = request.idempotency ?? {};
        const known = key === undefined ? undefined : idempotency.get(`${tenantId} ${key}`);
        if (known !== undefined && known.bodyHash !== bodyHash) return { outcome: 'conflict' };
        if (known !== undefined) return { outcome: 'replayed', task: summary(mustHave(known.taskId).view) };
        const view = aTaskView({ tenantId, type: request.task.type, input: request.input as Record<string, unknown> });
        tasks.set(view.id, { view, events: [], outputs: {}, contentDeleted: false });
        emit(view.id, 'task.accepted');
        if (key !== undefined && bodyHash !== undefined)
          idempotency.set(`${tenantId} ${key}`, { bodyHash, taskId: view.id });
        return { outcome: 'accepted', task: summary(view) };
      }),
    cancel: (id, tenantId) =>
      answer(() => {
        const task = visible(id, tenantId);
        if (task === undefined) return { outcome: 'not_found' as const };
        if (isTerminalTask(task.view.status)) return { outcome: 'already_finished' as const, status: task.view.status };
        finish(id, 'cancelled');
        return { outcome: 'cancelled' as const, status: 'cancelled' as const };
      }),
    retry: (id, tenantId, request) =>
      answer((): RetryOutcome => {
        const task = visible(id, tenantId);
        if (task === undefined) return { outcome: 'not_found' };
        if (!isTerminalTask(task.view.status)) return { outcome: 'not_finished', status: task.view.status };
        if (task.contentDeleted) return { outcome: 'content_deleted' };
        if (request.fromStep === undefined && task.view.status === 'completed') return { outcome: 'nothing_to_do' };
        if (request.fromStep === 'nowhere') return { outcome: 'unknown_step' };
        const generation = task.view.generation + 1;
        task.view = { ...task.view, status: 'queued', generation };
        emit(id, 'task.retried');
        return {
          outcome: 'restarted',
          taskId: id,
          generation,
          restarted: [request.fromStep ?? 'research'],
          removed: [],
        };
      }),
  };

  const queries: TaskQueries = {
    get: (id, tenantId) => answer(() => visible(id, tenantId)?.view),
    status: (id, tenantId) => answer(() => visible(id, tenantId)?.view.status),
    list: (filter, { cursor, limit }) =>
      answer(() => {
        const matching = [...tasks.values()]
          .map((task) => task.view)
          .filter((view) => filter.tenantId === null || view.tenantId === filter.tenantId)
          .filter((view) => filter.status === undefined || view.status === filter.status)
          .filter((view) => filter.tag === undefined || view.tags.includes(filter.tag))
          .reverse();
        const start = cursor === undefined ? 0 : matching.findIndex((view) => view.id === cursor) + 1;
        const items = matching.slice(start, start + limit);
        return { items, nextCursor: start + limit < matching.length ? (items.at(-1)?.id ?? null) : null };
      }),
    steps: (id, tenantId) => answer(() => (visible(id, tenantId) === undefined ? undefined : [])),
    calls: (id, tenantId) =>
      answer(() => (visible(id, tenantId) === undefined ? undefined : { items: [], nextCursor: null })),
    stepOutput: (id, tenantId, key) => answer(() => visible(id, tenantId)?.outputs[key]),
    resultMaterial: (id, tenantId, generation) =>
      answer((): ResultMaterial | undefined => {
        const task = visible(id, tenantId);
        if (task === undefined) return undefined;
        const { type, status, input, simulated, error } = task.view;
        const { contentDeleted, earlier = [] } = task;
        const found = earlier.find((result) => result.generation === generation);
        return {
          tenantId: task.view.tenantId,
          type,
          pipelineVersion: 1,
          generation: found?.generation ?? task.view.generation,
          status: found ? 'completed' : status,
          input,
          outputs: found?.outputs ?? task.outputs,
          simulated,
          error: error ?? null,
          contentDeleted,
          earlierGenerations: earlier.map((result) => result.generation),
        };
      }),
    resultHeader: (id, tenantId, generation) => queries.resultMaterial(id, tenantId, generation),
    deleteContent: (id, tenantId) =>
      answer(() => {
        const task = visible(id, tenantId);
        if (task === undefined) return 'not_found' as const;
        if (!isTerminalTask(task.view.status)) return 'not_finished' as const;
        task.contentDeleted = true;
        return 'deleted' as const;
      }),
  };

  const feed: EventFeed = {
    changes: (cursors) =>
      answer(() => {
        state.feedCalls += 1;
        return [...cursors].flatMap(([taskId, seq]): Awaited<ReturnType<EventFeed['changes']>> => {
          const task = tasks.get(taskId);
          if (task === undefined) return [{ taskId, state: 'gone' }];
          if (task.events.some((event) => event.seq > seq)) return [{ taskId, state: 'changed' }];
          return isTerminalTask(task.view.status) ? [{ taskId, state: 'ended' }] : [];
        });
      }),
    after: (cursors) =>
      answer(() => {
        state.feedCalls += 1;
        return [...cursors].flatMap(([taskId, seq]) => {
          const task = tasks.get(taskId);
          const ended = task !== undefined && isTerminalTask(task.view.status);
          return (task?.events ?? [])
            .filter((event) => event.seq > seq)
            .map((event) => ({ taskId, event, last: ended && event.seq === task.events.length }));
        });
      }),
  };

  const finish = (id: string, status: TaskStatus = 'completed'): void => {
    const task = mustHave(id);
    task.view = { ...task.view, status };
    emit(id, `task.${status}`);
  };

  const keyStore: KeyStore = {
    findBySecretHash: (hash) =>
      answer(() => {
        state.keyLookups += 1;
        return keys.get(hash);
      }),
  };
  const readiness: Readiness = {
    check: () =>
      answer(() => [
        { name: 'database', ok: state.databaseReady, isRequired: true, detail: 'connect ECONNREFUSED 10.0.0.9:5432' },
        { name: 'queue', ok: state.queueReady, isRequired: false, detail: 'connect ECONNREFUSED 10.0.0.9:6379' },
      ]),
  };
  const retentionChanges: RetentionChanges[] = [];
  const retention: RetentionQueries = {
    preview: (changes) => answer(() => (retentionChanges.push(changes), { rules: [] })),
  };
  const fleet: FleetQueries = {
    workers: () => answer(() => []),
    queues: () => answer(() => []),
    breakers: () => answer(() => []),
    scaling: () => answer(() => [aPoolScaling()]),
  };

  const deadLetters = createFakeDeadLetters(answer);
  const control = createFakeControl(answer, {
    visible: (id, tenantId) => visible(id, tenantId)?.view,
    patch: (id, patch) => {
      const task = mustHave(id);
      task.view = { ...task.view, ...patch };
    },
  });

  return {
    state,
    submissions,
    retentionChanges,
    deadLetters,
    control,
    ports: {
      commands,
      queries,
      feed,
      keys: keyStore,
      readiness,
      fleet,
      retention,
      ...deadLetters.ports,
      ...control.ports,
    },
    emit,
    finish,
    setOutput: (id: string, key: string, output: unknown) => {
      mustHave(id).outputs[key] = output;
    },
    /** Begins the next generation of a task that has a result, from its first step. */
    startNextGeneration: (id: string) => {
      const task = mustHave(id);
      const { generation } = task.view;
      task.earlier = [...(task.earlier ?? []), { generation, outputs: task.outputs }];
      task.outputs = {};
      task.view = { ...task.view, generation: generation + 1, status: 'queued' };
    },
    patchTask: (id: string, patch: Partial<TaskView>) => {
      const task = mustHave(id);
      task.view = { ...task.view, ...patch };
    },
    addKey: (secret: string, principal: Principal) => keys.set(sha256Hex(secret), principal),
    revokeKey: (secret: string) => keys.delete(sha256Hex(secret)),
    get taskCount() {
      return tasks.size;
    },
  };
}

export const DEFAULT_TENANT = '0190a000-0000-7000-8000-000000000001';
export const OTHER_TENANT = '0190a000-0000-7000-8000-000000000002';
const TENANTS: ReadonlySet<string> = new Set([DEFAULT_TENANT, OTHER_TENANT]);

const summary = ({ id, status, generation, createdAt }: TaskView) => ({
  id,
  status,
  generation,
  createdAt: new Date(createdAt),
});

/** A pool with waiting work and without workers. */
export const aPoolScaling = (overrides: Partial<PoolScaling> = {}): PoolScaling => ({
  pool: 'all',
  queues: ['draft.interactive'],
  configured: true,
  backlog: 3,
  oldestWaitMs: 1_200,
  inFlight: 0,
  ratePerMinute: 0,
  currentReplicas: 0,
  desiredReplicas: 1,
  minReplicas: 0,
  maxReplicas: 10,
  reason: '3 interactive wait',
  ...overrides,
});

/** A queued task, as a store would show it. */
export function aTaskView(overrides: Partial<TaskView> = {}): TaskView {
  const zero = formatUsd(0n);
  return {
    id: newId(),
    tenantId: DEFAULT_TENANT,
    generation: 1,
    type: 'article',
    lane: 'interactive',
    priority: 5,
    quality: 'balanced',
    status: 'queued',
    title: 'Lighthouses',
    input: { topic: 'Lighthouses' },
    progress: { stepsDone: 0, stepsTotal: 3, percent: 0 },
    cost: { usd: zero, baselineUsd: zero, savedUsd: zero, calls: 0, cachedCalls: 0, inputTokens: 0, outputTokens: 0 },
    limitations: [],
    degraded: false,
    simulated: true,
    metadata: {},
    tags: [],
    createdAt: '2026-03-01T10:00:00.000Z',
    runAt: null,
    startedAt: null,
    finishedAt: null,
    deadlineAt: '2026-03-01T10:30:00.000Z',
    ...overrides,
  };
}

/** Rendered results in memory. */
export function createFakeRenderings(): RenderingStore {
  const kept = new Map<string, string>();
  const keyOf = (taskId: string, generation: number): string => `${taskId}/${generation}`;
  return {
    find: (taskId, generation) => Promise.resolve(kept.get(keyOf(taskId, generation))),
    save(taskId, generation, html) {
      kept.set(keyOf(taskId, generation), html);
      return Promise.resolve();
    },
  };
}
