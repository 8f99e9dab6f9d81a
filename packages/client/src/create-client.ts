import type {
  BulkResult,
  CallView,
  CancelResult,
  CreateTaskRequest,
  FleetView,
  Lane,
  StepView,
  TaskAccepted,
  TaskEvent,
  TaskPage,
  TaskResult,
  TaskStatus,
  TaskTypeList,
  TaskView,
} from '@pressroom/contracts';

import { OPERATIONS, pathOf } from './operations.ts';
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

export interface CallOptions {
  signal?: AbortSignal;
}

export interface SubmitOptions extends CallOptions {
  /** Names this submission, so that repeating it makes no second task. Default: a new random key for each call. */
  idempotencyKey?: string;
}

export interface ResultOptions extends CallOptions {
  /** Take what can be assembled by now instead of refusing before the end. */
  partial?: boolean;
}

export interface PressroomClient {
  tasks: {
    create(task: CreateTaskRequest, options?: SubmitOptions): Promise<TaskAccepted>;
    /** Up to 1,000 tasks; look at each item's outcome. */
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
    /** Removes the content of a finished task. */
    delete(id: string, options?: CallOptions): Promise<void>;
    /** Events as they happen, from the first one on, until the task ends. */
    events(id: string, options?: WatchOptions): AsyncGenerator<TaskEvent, void, undefined>;
  };
  taskTypes(options?: CallOptions): Promise<TaskTypeList>;
  fleet(options?: CallOptions): Promise<FleetView>;
}

/**
 * The API, typed. Methods throw {@link ApiError} for a problem and {@link ConnectionError} when no answer came; requests
 * that are safe to repeat (submissions carry an idempotency key) are repeated a few times first.
 */
export function createClient(options: ClientOptions): PressroomClient {
  const transport = createTransport(options);

  const json = async <T>(
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
      result: (id, { partial, signal } = {}) => json('getResult', { id }, { query: { partial }, signal }),
      async document(id, form, { partial, signal } = {}) {
        const headers = { Accept: form === 'html' ? 'text/html' : 'text/markdown' };
        const response = await transport.send(pathOf('getResult', { id }), { query: { partial }, headers, signal });
        return response.text();
      },
      async steps(id, { signal } = {}) {
        return (await json<{ items: StepView[] }>('listSteps', { id }, { signal })).items;
      },
      stepOutput: (id, key, { signal } = {}) => json('getStepOutput', { id, key }, { signal }),
      async calls(id, { signal } = {}) {
        return (await json<{ items: CallView[] }>('listCalls', { id }, { signal })).items;
      },
      // Cancelling twice changes nothing.
      cancel: (id, { signal } = {}) => json('cancelTask', { id }, { signal, isRepeatable: true }),
      async delete(id, { signal } = {}) {
        await transport.send(pathOf('deleteTask', { id }), { method: 'DELETE', signal });
      },
      events: (id, given) => watchEvents(transport, pathOf('streamEvents', { id }), given),
    },
    taskTypes: ({ signal } = {}) => json('listTaskTypes', {}, { signal }),
    fleet: ({ signal } = {}) => json('getFleet', {}, { signal }),
  };
}
