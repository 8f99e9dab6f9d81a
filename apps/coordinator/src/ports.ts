import type {
  AlertView,
  AuditEntryView,
  BreakerView,
  BulkDeadLetterFilter,
  BulkTaskFilter,
  CallView,
  CreateTask,
  DeadLetterGroup,
  DeadLetterState,
  DeadLetterView,
  Lane,
  OperationView,
  PoolScaling,
  RedriveDeadLetter,
  RetentionChanges,
  RetentionView,
  RetryTask,
  StepView,
  TaskEvent,
  TaskStatus,
  TaskView,
} from '@pressroom/contracts';
import type { Pipeline, StepOutputs } from '@pressroom/pipelines';

/** Who a request speaks for. `tenantId` is null for keys that belong to no tenant (admin, monitor). */
export interface Principal {
  keyId: string;
  role: 'admin' | 'monitor' | 'submit' | 'operate' | 'view';
  tenantId: string | null;
}

export type SubmitOutcome =
  | { outcome: 'accepted' | 'replayed'; task: { id: string; status: TaskStatus; generation: number; createdAt: Date } }
  | { outcome: 'conflict' }
  /** `limit`: open tasks (`maxBacklog`), or submissions a minute (`rateLimitPerMinute`). */
  | { outcome: 'backlog_full' | 'rate_limited'; retryAfterMs: number; limit?: number }
  | { outcome: 'storage_full'; usedBytes: number; limitBytes: number }
  | { outcome: 'unknown_tenant' };

export type CancelOutcome =
  { outcome: 'cancelled' | 'already_finished'; status: TaskStatus } | { outcome: 'not_found' };

/** Commands on tasks: the engine's, joined in `main.ts`. A `tenantId` of null means "any tenant" (admin). */
export interface TaskCommands {
  submit(request: {
    tenantId: string | null;
    task: CreateTask;
    /** Parsed by the task type's own schema. */
    input: unknown;
    idempotency: { key: string; formerKey?: string; bodyHash: string } | undefined;
  }): Promise<SubmitOutcome>;
  cancel(taskId: string, tenantId: string | null, actor: Principal): Promise<CancelOutcome>;
  /** Begins the next generation of a task that has ended. */
  retry(taskId: string, tenantId: string | null, request: RetryTask, actor: Principal): Promise<RetryOutcome>;
}

export type RetryOutcome =
  | { outcome: 'restarted'; taskId: string; generation: number; restarted: string[]; removed: string[] }
  | { outcome: 'not_found' }
  | { outcome: 'not_finished'; status: TaskStatus }
  /** The requested budget is not larger than the task's; null: the task has none. */
  | { outcome: 'budget_not_larger'; budgetNanoUsd: bigint | null }
  | { outcome: 'nothing_to_do' | 'content_deleted' | 'unknown_step' };

export type RedriveOutcome =
  | RetryOutcome
  | { outcome: 'already_ended'; state: DeadLetterState }
  | { outcome: 'no_step' }
  | { outcome: 'invalid_patch'; issues: readonly { path: readonly PropertyKey[]; message: string }[] };

/** What narrows dead letters. A `tenantId` of null means any tenant, and what belongs to none. */
export interface DeadLetterSelection extends Omit<BulkDeadLetterFilter, 'tenantId' | 'state'> {
  tenantId: string | null;
  state?: DeadLetterState;
}

export interface PageRequest {
  cursor: string | undefined;
  limit: number;
}

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** A cursor that a list did not give out is refused with an AppError of code VALIDATION_FAILED. */
export interface DeadLetterQueries {
  list(selection: DeadLetterSelection, page: PageRequest): Promise<Page<DeadLetterView>>;
  groups(selection: DeadLetterSelection, page: PageRequest): Promise<Page<DeadLetterGroup>>;
  /** With the whole payload, the step's input included. */
  get(id: string, tenantId: string | null): Promise<DeadLetterView | undefined>;
}

/** What is to happen to every dead letter of a selection. */
export interface BulkRequest {
  selection: DeadLetterSelection;
  ratePerSecond: number | undefined;
  limit: number | undefined;
  dryRun: boolean;
}

export interface DeadLetterCommands {
  redrive(id: string, tenantId: string | null, request: RedriveDeadLetter, actor: Principal): Promise<RedriveOutcome>;
  discard(
    id: string,
    tenantId: string | null,
    reason: string,
    actor: Principal,
  ): Promise<{ outcome: 'discarded' | 'not_found' } | { outcome: 'already_ended'; state: DeadLetterState }>;
  redriveAll(
    bulk: BulkRequest,
    request: RedriveDeadLetter,
    actor: Principal,
  ): Promise<{ operationId: string; matched: number }>;
  discardAll(bulk: BulkRequest, reason: string, actor: Principal): Promise<{ operationId: string; matched: number }>;
}

/** Which tasks a bulk operation is about, and how. */
export interface BulkTaskRequest {
  selection: Omit<BulkTaskFilter, 'tenantId' | 'status'> & {
    tenantId: string | null;
    ids?: readonly string[];
    status?: readonly TaskStatus[];
  };
  reason: string | undefined;
  ratePerSecond: number | undefined;
  limit: number | undefined;
  dryRun: boolean;
}

export interface BulkTaskCommands {
  begin(
    kind: 'task.cancel' | 'task.retry',
    request: BulkTaskRequest,
    actor: Principal,
  ): Promise<{ operationId: string; matched: number }>;
}

export interface Operations {
  /** Newest first. */
  list(tenantId: string | null, page: PageRequest): Promise<Page<OperationView>>;
  get(id: string, tenantId: string | null): Promise<OperationView | undefined>;
  /** Idempotent: one that is over answers how it ended. */
  abort(id: string, tenantId: string | null, actor: Principal): Promise<OperationView | undefined>;
}

export interface AuditQueries {
  list(
    filter: { tenantId: string | null; action?: string; keyId?: string; targetId?: string; since?: Date; until?: Date },
    page: PageRequest,
  ): Promise<Page<AuditEntryView>>;
}

export interface AlertQueries {
  list(tenantId: string | null, page: PageRequest): Promise<Page<AlertView>>;
}

export interface RetentionQueries {
  /**
   * What every rule would remove now, with these settings instead of the configured ones.
   *
   * @throws {RequestError} VALIDATION_FAILED for settings that a coordinator would refuse at its start
   */
  preview(changes: RetentionChanges): Promise<RetentionView>;
}

export interface TaskFilter {
  tenantId: string | null;
  status?: TaskStatus;
  type?: string;
  lane?: Lane;
  tag?: string;
  createdAfter?: Date;
}

/** A task's result without its content: whether there is one, and which. */
export interface ResultHeader {
  tenantId: string;
  type: string;
  pipelineVersion: number;
  generation: number;
  status: TaskStatus;
  simulated: boolean;
  /** Why the task failed; null when it did not. */
  error: { code: string; message: string } | null;
  contentDeleted: boolean;
  /** Earlier generations whose results can be read, oldest first. */
  earlierGenerations: readonly number[];
}

/** Everything `assemble` needs, plus what the result's envelope adds. */
export interface ResultMaterial extends ResultHeader {
  input: unknown;
  outputs: StepOutputs;
}

/** Queries on tasks. Each answers undefined for an unknown id and for another tenant's. */
export interface TaskQueries {
  get(taskId: string, tenantId: string | null): Promise<TaskView | undefined>;
  /** The status alone: a task's input may hold megabytes. */
  status(taskId: string, tenantId: string | null): Promise<TaskStatus | undefined>;
  /**
   * Newest first. The cursor is opaque to routes, which hand back only cursors that this store issued for the same filter.
   */
  list(
    filter: TaskFilter,
    page: { cursor: string | undefined; limit: number },
  ): Promise<{ items: TaskView[]; nextCursor: string | null }>;
  steps(taskId: string, tenantId: string | null): Promise<StepView[] | undefined>;
  calls(taskId: string, tenantId: string | null, page: PageRequest): Promise<Page<CallView> | undefined>;
  stepOutput(taskId: string, tenantId: string | null, stepKey: string): Promise<unknown>;
  /** Of the current generation, or of an earlier one that is named and had a result. */
  resultMaterial(taskId: string, tenantId: string | null, generation?: number): Promise<ResultMaterial | undefined>;
  /** Reads {@link resultMaterial} without input and outputs, which may hold megabytes. */
  resultHeader(taskId: string, tenantId: string | null, generation?: number): Promise<ResultHeader | undefined>;
  /** Removes prompts, outputs and input of a finished task; ledger entries stay. */
  deleteContent(
    taskId: string,
    tenantId: string | null,
    actor: Principal,
  ): Promise<'deleted' | 'not_finished' | 'not_found'>;
}

/** Event feed for SSE. */
export interface EventFeed {
  /** Events of many tasks after the given sequence each, oldest first, with whether each task's stream is complete. */
  after(cursors: ReadonlyMap<string, number>): Promise<{ taskId: string; event: TaskEvent; last: boolean }[]>;
  /**
   * Which of these tasks need a look: `changed` has events after its sequence, `ended` has finished without any, `gone` does
   * not exist. Reads one row of a few bytes for each task.
   */
  changes(cursors: ReadonlyMap<string, number>): Promise<{ taskId: string; state: 'changed' | 'ended' | 'gone' }[]>;
}

export interface KeyStore {
  /** Looks a key up by the SHA-256 (hex) of its secret; expired and deleted keys are absent. */
  findBySecretHash(hash: string): Promise<Principal | undefined>;
}

export interface Readiness {
  /** Names and outcome of every store; bounded to 2 s by the caller. Without a required one no request can be served. */
  check(): Promise<{ name: string; ok: boolean; isRequired: boolean; detail?: string }[]>;
}

export interface FleetQueries {
  workers(): Promise<
    {
      id: string;
      host: string;
      pid: number;
      pools: string[];
      concurrency: number;
      active: number;
      startedAt: Date;
      lastSeenAt: Date;
      version: string;
    }[]
  >;
  queues(): Promise<
    {
      name: string;
      waiting: number;
      active: number;
      delayed: number;
      backlog: number;
      oldestWaitMs: number;
      paused: boolean;
    }[]
  >;
  /** Circuit breakers of the providers, one for the whole fleet per model. */
  breakers(): Promise<BreakerView[]>;
  /** How many workers each pool should have. */
  scaling(): Promise<PoolScaling[]>;
}

/** Task types that are served; the pipelines package's, joined in `main.ts`. */
export interface PipelineRegistry {
  /** The newest version of each type, in the order to list them. */
  list(): readonly Pipeline[];
  /** The version that a task is pinned to, or the newest. */
  find(type: string, version?: number): Pipeline | undefined;
}
