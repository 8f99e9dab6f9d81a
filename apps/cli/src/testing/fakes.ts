import type { PressroomClient } from '@pressroom/client';
import type {
  BulkTasks,
  CallView,
  CreateTaskRequest,
  RetentionView,
  TaskEvent,
  TaskResult,
  TaskView,
} from '@pressroom/contracts';

import type { Terminal } from '../terminal.ts';

export const TASK_ID = '0190a000-0000-7000-8000-000000000001';

export const OPERATION_ID = '0190a000-0000-7000-8000-000000000009';

/** A finished, simulated task. */
export const aTask = (overrides: Partial<TaskView> = {}): TaskView => ({
  id: TASK_ID,
  tenantId: '0190a000-0000-7000-8000-000000000002',
  generation: 1,
  type: 'article',
  lane: 'interactive',
  priority: 5,
  quality: 'balanced',
  status: 'completed',
  title: 'Lighthouses',
  input: null,
  progress: { stepsDone: 3, stepsTotal: 3, percent: 100 },
  cost: {
    usd: '0.004200000',
    baselineUsd: '0.010500000',
    savedUsd: '0.006300000',
    calls: 2,
    cachedCalls: 1,
    inputTokens: 12_345,
    outputTokens: 678,
  },
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
});

export const aCall = (overrides: Partial<CallView> = {}): CallView => ({
  id: '0190a000-0000-7000-8000-000000000003',
  stepKey: 'research',
  agent: 'research',
  purpose: 'summarise',
  tier: 'T1',
  provider: 'openai',
  model: 'small-1',
  inputTokens: 1_200,
  cachedInputTokens: 400,
  cacheWriteTokens: 0,
  outputTokens: 90,
  reasoningTokens: 0,
  costUsd: '0.004200000',
  baselineUsd: '0.010500000',
  cache: 'miss',
  latencyMs: 5,
  status: 'ok',
  lever: 'tier',
  prompt: { id: 'p', version: '1' },
  route: { reason: 'r', rule: 'r' },
  simulated: true,
  createdAt: '2026-03-01T10:00:00.000Z',
  ...overrides,
});

export const aResult = (overrides: Partial<TaskResult> = {}): TaskResult => ({
  title: 'Lights',
  metaDescription: '',
  keywords: [],
  lead: '',
  markdown: '# Lights\n\nText.\n',
  sections: [],
  sources: [],
  wordCount: 2,
  quality: { score: 4.25, rounds: 1 },
  simulated: true,
  ...overrides,
});

export const anEvent = (seq: number, type: string, data: TaskEvent['data'] = {}, atMs = seq * 500): TaskEvent => ({
  seq,
  type,
  at: new Date(1_700_000_000_000 + atMs).toISOString(),
  generation: 1,
  data,
});

export const aRetentionRule: RetentionView['rules'][number] = {
  rule: 'event',
  olderThanDays: 7,
  dueRows: 1_200,
  oldestAt: '2026-03-01T10:00:00.000Z',
  lastRunAt: null,
  removedLast: 0,
  removedTotal: 34_000,
  error: null,
};

export interface FakeApi {
  task: TaskView;
  result: TaskResult;
  calls: CallView[];
  events: TaskEvent[];
  /** The input schema of the one task type there is, `article` unless named otherwise. */
  taskType: { type: string; inputSchema: Record<string, unknown> };
}

/** A client that answers what it was given and remembers what was submitted. Anything else is not implemented. */
export function createFakeClient(api: Partial<FakeApi> = {}) {
  const submitted: CreateTaskRequest[] = [];
  const { task = aTask(), result = aResult(), calls = [aCall()], events = [anEvent(1, 'task.accepted')] } = api;
  const notImplemented = (): never => {
    throw new Error('not implemented by the fake');
  };
  const bulkRequests: { kind: string; request: BulkTasks }[] = [];
  const bulk = (kind: string, request: BulkTasks) => {
    bulkRequests.push({ kind, request });
    return Promise.resolve({ operationId: OPERATION_ID, matched: 12 });
  };
  const client: PressroomClient = {
    tasks: {
      create: (request) => {
        submitted.push(request);
        return Promise.resolve({ id: task.id, status: 'queued', generation: 1, createdAt: task.createdAt, links: {} });
      },
      get: () => Promise.resolve(task),
      result: () => Promise.resolve(result),
      document: (_id, form) => Promise.resolve(form === 'html' ? '<html>' : result.markdown),
      calls: () => Promise.resolve(calls),
      cancel: (id) => Promise.resolve({ id, status: 'cancelled' }),
      // eslint-disable-next-line @typescript-eslint/require-await
      events: async function* () {
        yield* events;
      },
      cancelMany: (request) => bulk('cancel', request),
      retryMany: (request) => bulk('retry', request),
      createMany: notImplemented,
      list: notImplemented,
      steps: notImplemented,
      stepOutput: notImplemented,
      delete: notImplemented,
      retry: notImplemented,
      approve: notImplemented,
      reject: notImplemented,
    },
    retention: () => Promise.resolve({ rules: [aRetentionRule] }),
    taskTypes: () =>
      Promise.resolve({
        items: [
          {
            version: 1,
            title: 'Article',
            description: 'An article.',
            ...(api.taskType ?? { type: 'article', inputSchema: {} }),
            example: {},
            defaultTimeoutMs: 1,
          },
        ],
        limits: { bodyBytes: 1, bulkBodyBytes: 1, bulkTasks: 1 },
      }),
    deadLetters: {
      list: notImplemented,
      groups: notImplemented,
      get: notImplemented,
      redrive: notImplemented,
      discard: notImplemented,
      redriveAll: notImplemented,
      discardAll: notImplemented,
    },
    operations: { list: notImplemented, get: notImplemented, abort: notImplemented },
    schedules: {
      list: notImplemented,
      create: notImplemented,
      get: notImplemented,
      update: notImplemented,
      delete: notImplemented,
    },
    tenants: {
      list: notImplemented,
      create: notImplemented,
      get: notImplemented,
      update: notImplemented,
      keys: notImplemented,
      createKey: notImplemented,
      deleteKey: notImplemented,
    },
    keys: { list: notImplemented, create: notImplemented, delete: notImplemented },
    queues: { pause: notImplemented, resume: notImplemented },
    audit: notImplemented,
    alerts: notImplemented,
    fleet: notImplemented,
    scaling: notImplemented,
    desiredReplicas: notImplemented,
  };
  return { client, submitted };
}

/** A terminal in memory, with files. */
export function createFakeTerminal(files: Readonly<Record<string, string>> = {}, stdin = '') {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    readFile: (path) => {
      const text = files[path];
      return text === undefined ? Promise.reject(new Error('no such file')) : Promise.resolve(text);
    },
    readStdin: () => Promise.resolve(stdin),
  };
  return { terminal, stdout: () => out.join('\n'), stderr: () => err.join('\n'), lines: out };
}
