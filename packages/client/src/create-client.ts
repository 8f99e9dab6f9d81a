import type {
  AlertPage,
  ApprovalResult,
  ApproveTask,
  AuditPage,
  BulkResult,
  BulkTasks,
  CallView,
  CancelResult,
  CreateTaskRequest,
  DesiredReplicas,
  FleetView,
  Lane,
  OperationAccepted,
  PoolScaling,
  RejectTask,
  RetentionChanges,
  RetentionView,
  ScalingView,
  StepView,
  RetryTaskRequest,
  TaskAccepted,
  TaskEvent,
  TaskPage,
  TaskRestarted,
  TaskResult,
  TaskStatus,
  TaskTypeList,
  TaskView,
} from '@pressroom/contracts';

import type { CallJson, CallOptions } from './call-json.ts';
import {
  createKeyClient,
  createQueueClient,
  createScheduleClient,
  createTenantClient,
  type KeyClient,
  type QueueClient,
  type ScheduleClient,
  type TenantClient,
} from './control-client.ts';
import {
  createDeadLetterClient,
  createOperationClient,
  type DeadLetterClient,
  type OperationClient,
} from './dead-letter-client.ts';
import { OPERATIONS, pathOf } from './operations.ts';
import { readAll } from './read-all.ts';
import { createTransport, type ClientOptions, type SendOptions } from './transport.ts';
import { watchEvents, type WatchOptions } from './watch-events.ts';

export interface ListOptions {
  status?: TaskStatus;
  type?: string;
  lane?: Lane;
  tag?: string;
  tenantId?: string;
  /** ISO 8601 instant. */
  createdAfter?: string;
  cursor?: string;
  limit?: number;
}

export type { CallOptions } from './call-json.ts';

export interface SubmitOptions extends CallOptions {
  /** Idempotency key of this submission. Default: a new random key per call. */
  idempotencyKey?: string;
}

export interface ResultOptions extends CallOptions {
  /** Return the available part of the result instead of failing before the end. */
  partial?: boolean;
  /** An earlier generation of the task, from before a retry. */
  generation?: number;
}

export interface AuditOptions {
  tenantId?: string;
  action?: string;
  keyId?: string;
  targetId?: string;
  since?: string;
  until?: string;
  cursor?: string;
  limit?: number;
}

export interface PressroomClient {
  tasks: {
    create(task: CreateTaskRequest, options?: SubmitOptions): Promise<TaskAccepted>;
    /** Submits up to 1,000 tasks; check each item's outcome. */
    createMany(tasks: readonly CreateTaskRequest[], options?: SubmitOptions): Promise<BulkResult>;
    get(id: string, options?: CallOptions): Promise<TaskView>;
    list(filter?: ListOptions, options?: CallOptions): Promise<TaskPage>;
    result(id: string, options?: ResultOptions): Promise<TaskResult>;
    /** The result as a document. */
    document(id: string, form: 'markdown' | 'html', options?: ResultOptions): Promise<string>;
    steps(id: string, options?: CallOptions): Promise<StepView[]>;
    stepOutput(id: string, key: string, options?: CallOptions): Promise<unknown>;
    calls(id: string, options?: CallOptions): Promise<CallView[]>;
    cancel(id: string, options?: CallOptions): Promise<CancelResult>;
    /** Runs an ended task again, from a step or from the steps that did not complete. */
    retry(id: string, request?: RetryTaskRequest, options?: CallOptions): Promise<TaskRestarted>;
    /** Starts a bulk cancellation of tasks by filter or list; poll it with `operations.get`. */
    cancelMany(request: BulkTasks, options?: CallOptions): Promise<OperationAccepted>;
    /** Starts a bulk retry of failed, partial or cancelled tasks; poll it with `operations.get`. */
    retryMany(request: BulkTasks, options?: CallOptions): Promise<OperationAccepted>;
    /** Continues a task at a gate; `edits` is a JSON merge patch of the step's output. */
    approve(id: string, approval: ApproveTask, options?: CallOptions): Promise<ApprovalResult>;
    /** Repeats the step before a gate; its agent receives the reason. */
    reject(id: string, rejection: RejectTask, options?: CallOptions): Promise<ApprovalResult>;
    /** Deletes the content of a finished task. */
    delete(id: string, options?: CallOptions): Promise<void>;
    /** Events as they occur, from the first one, until the task ends. */
    events(id: string, options?: WatchOptions): AsyncGenerator<TaskEvent, void, undefined>;
  };
  deadLetters: DeadLetterClient;
  operations: OperationClient;
  schedules: ScheduleClient;
  tenants: TenantClient;
  keys: KeyClient;
  queues: QueueClient;
  /** The audit log, newest first. */
  audit(filter?: AuditOptions, options?: CallOptions): Promise<AuditPage>;
  /** Alerts, newest first. */
  alerts(page?: { cursor?: string; limit?: number }, options?: CallOptions): Promise<AlertPage>;
  /** Preview of retention, with `changes` to the configured settings, and its last results. Needs an admin key. */
  retention(changes?: RetentionChanges, options?: CallOptions): Promise<RetentionView>;
  taskTypes(options?: CallOptions): Promise<TaskTypeList>;
  fleet(options?: CallOptions): Promise<FleetView>;
  /** Desired number of workers of each pool, with the reason. */
  scaling(options?: CallOptions): Promise<PoolScaling[]>;
  /** Desired number of workers of one pool. */
  desiredReplicas(pool: string, options?: CallOptions): Promise<number>;
}

/**
 * Creates a typed API client. Methods throw {@link ApiError} for a problem and {@link ConnectionError} without a response.
 * Requests that are safe to repeat (submissions have an idempotency key) are retried a few times first.
 */
export function createClient(options: ClientOptions): PressroomClient {
  const transport = createTransport(options);

  const json: CallJson = async <T>(
    operation: keyof typeof OPERATIONS,
    params: Readonly<Record<string, string>>,
    request: SendOptions = {},
  ): Promise<T> => {
    const { method } = OPERATIONS[operation];
    const response = await transport.send(pathOf(operation, params), { method, ...request });
    return (await response.json()) as T;
  };
  const submission = (body: unknown, { idempotencyKey = crypto.randomUUID(), signal }: SubmitOptions): SendOptions => ({
    json: body,
    signal,
    headers: { 'Idempotency-Key': idempotencyKey },
    isRepeatable: true,
  });

  return {
    tasks: {
      create: (task, given = {}) => json('createTask', {}, submission(task, given)),
      createMany: (tasks, given = {}) => json('createTasks', {}, submission(tasks, given)),
      get: (id, { signal } = {}) => json('getTask', { id }, { signal }),
      list: (filter = {}, { signal } = {}) => json('listTasks', {}, { query: { ...filter }, signal }),
      result: (id, { partial, generation, signal } = {}) =>
        json('getResult', { id }, { query: { partial, generation }, signal }),
      async document(id, form, { partial, generation, signal } = {}) {
        const headers = { Accept: form === 'html' ? 'text/html' : 'text/markdown' };
        const query = { partial, generation };
        const response = await transport.send(pathOf('getResult', { id }), { query, headers, signal });
        return response.text();
      },
      steps: (id, options) => readAll(json, 'listSteps', { id }, options),
      stepOutput: (id, key, { signal } = {}) => json('getStepOutput', { id, key }, { signal }),
      calls: (id, options) => readAll(json, 'listCalls', { id }, options),
      // Cancelling is idempotent.
      cancel: (id, { signal } = {}) => json('cancelTask', { id }, { signal, isRepeatable: true }),
      retry: (id, request = {}, { signal } = {}) => json('retryTask', { id }, { json: request, signal }),
      cancelMany: (request, { signal } = {}) => json('cancelTasks', {}, { json: request, signal }),
      retryMany: (request, { signal } = {}) => json('retryTasks', {}, { json: request, signal }),
      approve: (id, approval, { signal } = {}) => json('approveTask', { id }, { json: approval, signal }),
      reject: (id, rejection, { signal } = {}) => json('rejectTask', { id }, { json: rejection, signal }),
      async delete(id, { signal } = {}) {
        await transport.send(pathOf('deleteTask', { id }), { method: 'DELETE', signal });
      },
      events: (id, given) => watchEvents(transport, pathOf('streamEvents', { id }), given),
    },
    deadLetters: createDeadLetterClient(json),
    operations: createOperationClient(json),
    schedules: createScheduleClient(json, transport),
    tenants: createTenantClient(json, transport),
    keys: createKeyClient(json, transport),
    queues: createQueueClient(json),
    audit: (filter = {}, { signal } = {}) => json('listAudit', {}, { query: { ...filter }, signal }),
    alerts: (page = {}, { signal } = {}) => json('listAlerts', {}, { query: { ...page }, signal }),
    retention: (changes = {}, { signal } = {}) => {
      const query = Object.fromEntries(Object.entries(changes).map(([setting, value]) => [setting, String(value)]));
      return json('getRetention', {}, { query, signal });
    },
    taskTypes: ({ signal } = {}) => json('listTaskTypes', {}, { signal }),
    fleet: ({ signal } = {}) => json('getFleet', {}, { signal }),
    async scaling({ signal } = {}) {
      return (await json<ScalingView>('getScaling', {}, { signal })).pools;
    },
    async desiredReplicas(pool, { signal } = {}) {
      return (await json<DesiredReplicas>('getPoolScaling', { pool }, { signal })).desiredReplicas;
    },
  };
}
