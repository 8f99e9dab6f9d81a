import {
  formatUsd,
  isTerminalTask,
  type CallView,
  type CostView,
  type Gate,
  type Lane,
  type Limitation,
  type StepView,
  type TaskStatus,
  type TaskView,
} from '@pressroom/contracts';
import { insertAudit, type Actor } from '../audit/audit-store.sql.ts';
import type { Database, Statement } from '../connection/database.ts';
import { StoreUnavailableError, translateStoreError } from '../connection/store-errors.ts';
import { toJsonb } from '../connection/to-jsonb.ts';
import type { LedgerEntry, Task } from '../generated/client.ts';
import { formatInstantCursor, parseInstantCursor } from '../paging/instant-cursor.ts';
import { toPage, type Page, type PageRequest } from '../paging/page.ts';
import { OUTPUTS_OF_RESULT, type EarlierResult } from './earlier-results.sql.ts';

export interface TaskListFilter {
  tenantId: string | null;
  status?: TaskStatus;
  type?: string;
  lane?: Lane;
  tag?: string;
  createdAfter?: Date;
}

/** A task's result without its content. */
export interface TaskResultHeader {
  tenantId: string;
  type: string;
  pipelineVersion: number;
  generation: number;
  status: TaskStatus;
  simulated: boolean;
  /** Error of a failed task. */
  error: { code: string; message: string } | null;
  contentDeleted: boolean;
  /** Earlier generations with readable results, oldest first. */
  earlierGenerations: number[];
}

export interface TaskMaterial extends TaskResultHeader {
  input: unknown;
  outputs: Record<string, unknown>;
}

/** Reads tasks for the API. A `tenantId` of null means any tenant; tasks of other tenants are treated as missing. */
export interface TaskQueryStore {
  get(taskId: string, tenantId: string | null): Promise<TaskView | undefined>;
  /** Reads only the status, since a task's input may be megabytes. */
  status(taskId: string, tenantId: string | null): Promise<TaskStatus | undefined>;
  /** Newest first. Without inputs, which may be megabytes. */
  list(
    filter: TaskListFilter,
    page: { cursor: string | undefined; limit: number },
  ): Promise<{ items: TaskView[]; nextCursor: string | null }>;
  steps(taskId: string, tenantId: string | null): Promise<StepView[] | undefined>;
  /** Oldest first. @throws {CursorError} */
  calls(taskId: string, tenantId: string | null, page: PageRequest): Promise<Page<CallView> | undefined>;
  /** Newest output of a step; undefined when it has none. */
  stepOutput(taskId: string, tenantId: string | null, stepKey: string): Promise<unknown>;
  /** Result of the current generation, or of a requested earlier one that had a result. */
  resultMaterial(taskId: string, tenantId: string | null, generation?: number): Promise<TaskMaterial | undefined>;
  /** Reads {@link resultMaterial} without input and outputs, which may hold megabytes. */
  resultHeader(taskId: string, tenantId: string | null, generation?: number): Promise<TaskResultHeader | undefined>;
  /** Writes an audit row when `actor` is given. */
  deleteContent(
    taskId: string,
    tenantId: string | null,
    actor?: Actor,
  ): Promise<'deleted' | 'not_finished' | 'not_found'>;
}

/** A task changes once in seconds; a read of its result takes milliseconds. */
const MAX_READS = 5;

type OutputRow = { step_key: string; body: unknown } & Record<string, unknown>;

interface StepRow extends Record<string, unknown> {
  id: string;
  key: string;
  agent: string;
  tier: string;
  status: string;
  attempt: number;
  deps: string[];
  attemptTimeoutMs: number;
  queuedAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  error: unknown;
}

interface CostRow extends Record<string, unknown> {
  key: string;
  cost: string;
  baseline: string;
  calls: number;
  cached: number;
  input: number;
  output: number;
  simulated: boolean;
}

const costStatement = (name: string, key: string): Statement => ({
  name,
  text: `SELECT ${key}::text AS key, sum(cost_nano)::text AS cost, sum(baseline_nano)::text AS baseline,
           (count(*) FILTER (WHERE status <> 'uncertain' OR cost_nano > 0)
             - count(*) FILTER (WHERE status = 'uncertain' AND cost_nano < 0))::int AS calls,
           count(*) FILTER (WHERE status = 'avoided')::int AS cached,
           coalesce(sum(uncached_input::bigint + cache_read + cache_write_5m + cache_write_1h) FILTER (WHERE status <> 'avoided'), 0)::float8
             AS input,
           coalesce(sum(output) FILTER (WHERE status <> 'avoided'), 0)::float8 AS output, bool_or(simulated) AS simulated
         FROM ledger_entry WHERE task_id = ANY ($1::uuid[]) GROUP BY ${key}`,
});
const COST_BY_TASK = costStatement('tasks.cost_by_task', 'task_id');
const COST_BY_STEP = costStatement('tasks.cost_by_step', 'step_id');
const STATUS: Statement = {
  name: 'tasks.status',
  text: `SELECT status FROM task WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2)`,
};
const OUTPUTS: Statement = {
  name: 'tasks.outputs',
  // Only outputs of completed and waiting steps: those of rerun and removed steps are obsolete.
  text: `SELECT DISTINCT ON (a.step_key) a.step_key, a.body
         FROM artifacts_of_task($1) a JOIN steps_of_task($1) s ON s.id = a.step_id AND s.status IN ('completed', 'waiting')
         WHERE $2::text IS NULL OR a.step_key = $2 ORDER BY a.step_key, a.version DESC`,
};
const STEPS: Statement = {
  name: 'tasks.steps',
  text: `SELECT id, key, agent, tier, status, attempt, deps, attempt_timeout_ms AS "attemptTimeoutMs", queued_at AS "queuedAt",
           started_at AS "startedAt", finished_at AS "finishedAt", error
         FROM steps_of_task($1)`,
};
const DELETE_CONTENT: Statement = {
  name: 'tasks.delete_content',
  text: `SELECT id FROM delete_task_content(ARRAY[$1::uuid]) AS id`,
};

const NO_COST: CostView = {
  usd: formatUsd(0n),
  baselineUsd: formatUsd(0n),
  savedUsd: formatUsd(0n),
  calls: 0,
  cachedCalls: 0,
  inputTokens: 0,
  outputTokens: 0,
};

export function createTaskQueryStore(database: Database): TaskQueryStore {
  const { prisma } = database;

  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw translateStoreError(error);
    }
  };
  const find = (taskId: string, tenantId: string | null) =>
    guard(() => prisma.task.findFirst({ where: { id: taskId, ...(tenantId !== null && { tenantId }) } }));
  const findWithoutInput = (taskId: string, tenantId: string | null) =>
    guard(() =>
      prisma.task.findFirst({
        where: { id: taskId, ...(tenantId !== null && { tenantId }) },
        omit: { input: true },
      }),
    );
  const exists = async (taskId: string, tenantId: string | null): Promise<boolean> =>
    (await guard(() =>
      prisma.task.findFirst({ where: { id: taskId, ...(tenantId !== null && { tenantId }) }, select: { id: true } }),
    )) !== null;
  const costs = async (statement: Statement, taskIds: readonly string[]): Promise<Map<string, CostRow>> => {
    const rows = await database.run<CostRow>(statement, [taskIds]);
    return new Map(rows.map((row) => [row.key, row]));
  };
  const outputsOf = async (taskId: string): Promise<Record<string, unknown>> => {
    const rows = await database.run<OutputRow>(OUTPUTS, [taskId, null]);
    return Object.fromEntries(rows.map((row) => [row.step_key, row.body]));
  };
  const outputsOfResult = async (taskId: string, { outputs }: EarlierResult): Promise<Record<string, unknown>> => {
    const rows = await database.run<OutputRow>(OUTPUTS_OF_RESULT, [taskId, toJsonb(outputs)]);
    return Object.fromEntries(rows.map((row) => [row.step_key, row.body]));
  };
  const headerOf = async (task: Omit<Task, 'input'>, generation: number | undefined): Promise<TaskResultHeader> => {
    const cost = (await costs(COST_BY_TASK, [task.id])).get(task.id);
    const results = earlierResultsOf(task);
    const earlier = results.find((result) => result.generation === generation);
    return {
      tenantId: task.tenantId,
      type: task.type,
      pipelineVersion: task.pipelineVersion,
      generation: earlier?.generation ?? task.generation,
      status: earlier?.status ?? (task.status as TaskStatus),
      simulated: cost?.simulated ?? false,
      error: task.error as TaskResultHeader['error'],
      contentDeleted: task.contentDeletedAt !== null,
      earlierGenerations: results.map((result) => result.generation),
    };
  };

  return {
    async get(taskId, tenantId) {
      const task = await find(taskId, tenantId);
      if (!task) return undefined;
      const cost = await costs(COST_BY_TASK, [taskId]);
      return toTaskView(task, cost.get(taskId));
    },
    async status(taskId, tenantId) {
      const [row] = await database.run<{ status: TaskStatus }>(STATUS, [taskId, tenantId]);
      return row?.status;
    },
    async list(filter, page) {
      const after = page.cursor === undefined ? undefined : parseCursor(page.cursor);
      const tasks = await guard(() =>
        prisma.task.findMany({
          where: {
            ...(filter.tenantId !== null && { tenantId: filter.tenantId }),
            ...(filter.status && { status: filter.status }),
            ...(filter.type !== undefined && { type: filter.type }),
            ...(filter.lane && { lane: filter.lane }),
            ...(filter.tag !== undefined && { tags: { has: filter.tag } }),
            ...(filter.createdAfter && { createdAt: { gt: filter.createdAfter } }),
            ...(after && {
              OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }],
            }),
          },
          omit: { input: true },
          orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
          take: page.limit + 1,
        }),
      );
      const items = tasks.slice(0, page.limit);
      const cost = await costs(
        COST_BY_TASK,
        items.map((task) => task.id),
      );
      const last = tasks.length > page.limit ? items.at(-1) : undefined;
      return {
        items: items.map((task) => toTaskView({ ...task, input: null }, cost.get(task.id))),
        nextCursor: last ? formatCursor(last) : null,
      };
    },
    async steps(taskId, tenantId) {
      if (!(await exists(taskId, tenantId))) return undefined;
      const steps = await database.run<StepRow>(STEPS, [taskId]);
      const cost = await costs(COST_BY_STEP, [taskId]);
      return inPlanOrder(steps).map((step) => toStepView(step, cost.get(step.id)));
    },
    async calls(taskId, tenantId, { cursor, limit }) {
      if (!(await exists(taskId, tenantId))) return undefined;
      const after = cursor === undefined ? undefined : parseInstantCursor(cursor);
      const entries = await guard(() =>
        prisma.ledgerEntry.findMany({
          where: {
            taskId,
            ...(after && { OR: [{ createdAt: { gt: after.at } }, { createdAt: after.at, id: { gt: after.id } }] }),
          },
          orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
          take: limit + 1,
        }),
      );
      return toPage(entries, limit, toCallView, (entry) =>
        formatInstantCursor({ at: entry.createdAt.toISOString(), id: entry.id }),
      );
    },
    async stepOutput(taskId, tenantId, stepKey) {
      if (!(await exists(taskId, tenantId))) return undefined;
      const [row] = await database.run<OutputRow>(OUTPUTS, [taskId, stepKey]);
      return row?.body;
    },
    async resultHeader(taskId, tenantId, generation) {
      const task = await findWithoutInput(taskId, tenantId);
      return task ? headerOf(task, generation) : undefined;
    },
    async resultMaterial(taskId, tenantId, generation) {
      for (let read = 1; ; read += 1) {
        const task = await find(taskId, tenantId);
        if (!task) return undefined;
        const header = await headerOf(task, generation);
        const earlier = earlierResultsOf(task).find((result) => result.generation === generation);
        const outputs = earlier ? await outputsOfResult(taskId, earlier) : await outputsOf(taskId);
        // Task and outputs are separate reads: a retry or a deletion in between would mix two states of the task.
        const after = await findWithoutInput(taskId, tenantId);
        const isConsistent =
          after?.generation === task.generation &&
          after.status === task.status &&
          after.contentDeletedAt?.getTime() === task.contentDeletedAt?.getTime();
        if (isConsistent) return { ...header, input: task.input, outputs };
        if (read === MAX_READS) throw new StoreUnavailableError('the task changed while its result was read');
      }
    },
    async deleteContent(taskId, tenantId, actor) {
      const task = await find(taskId, tenantId);
      if (!task) return 'not_found';
      return database.transaction(async (query) => {
        const rows = await query(DELETE_CONTENT, [taskId]);
        if (rows.length === 0) return 'not_finished';
        const target = { kind: 'task', id: taskId };
        if (actor)
          await insertAudit(query, [{ actor, tenantId: task.tenantId, action: 'task.delete_content', target }]);
        return 'deleted';
      });
    },
  };
}

const earlierResultsOf = ({ earlierResults }: Pick<Task, 'earlierResults'>): EarlierResult[] =>
  (earlierResults ?? []) as unknown as EarlierResult[];

function toCostView(row: CostRow | undefined): CostView {
  if (!row) return NO_COST;
  const cost = BigInt(row.cost);
  const baseline = BigInt(row.baseline);
  return {
    usd: formatUsd(cost),
    baselineUsd: formatUsd(baseline),
    savedUsd: formatUsd(baseline - cost),
    calls: row.calls,
    cachedCalls: row.cached,
    inputTokens: row.input,
    outputTokens: row.output,
  };
}

function toTaskView(task: Task, cost: CostRow | undefined): TaskView {
  const status = task.status as TaskStatus;
  const { awaitingGate, awaitingSince, awaitingLeftMs } = task;
  const isDone = status === 'completed' || status === 'partial';
  // In an aborted task, some finished steps never completed.
  const done = task.stepsTotal - task.stepsLeft - (isTerminalTask(status) && !isDone ? task.stepsBad : 0);
  const percent = isDone ? 100 : Math.min(99, Math.floor((100 * done) / Math.max(1, task.stepsTotal)));
  return {
    id: task.id,
    tenantId: task.tenantId,
    generation: task.generation,
    type: task.type,
    lane: task.lane as TaskView['lane'],
    priority: task.priority,
    quality: task.quality as TaskView['quality'],
    status,
    title: task.title,
    input: task.input as Record<string, unknown> | null,
    progress: { stepsDone: done, stepsTotal: task.stepsTotal, percent },
    cost: toCostView(cost),
    ...(task.budgetNano !== null && { budgetUsd: formatUsd(task.budgetNano) }),
    limitations: task.limitations as unknown as Limitation[],
    degraded: task.degraded,
    simulated: cost?.simulated ?? false,
    ...(task.error !== null && { error: task.error as { code: string; message: string } }),
    metadata: task.metadata as Record<string, string>,
    tags: task.tags,
    createdAt: task.createdAt.toISOString(),
    runAt: task.runAt?.toISOString() ?? null,
    startedAt: task.startedAt?.toISOString() ?? null,
    finishedAt: task.finishedAt?.toISOString() ?? null,
    ...(awaitingGate !== null && awaitingSince !== null
      ? {
          awaiting: {
            gate: awaitingGate as Gate,
            since: awaitingSince.toISOString(),
            until: task.deadlineAt.toISOString(),
          },
          deadlineAt: new Date(awaitingSince.getTime() + Number(awaitingLeftMs)).toISOString(),
        }
      : { deadlineAt: task.deadlineAt.toISOString() }),
  };
}

function toStepView(step: StepRow, cost: CostRow | undefined): StepView {
  return {
    id: step.id,
    key: step.key,
    agent: step.agent as StepView['agent'],
    tier: step.tier as StepView['tier'],
    status: step.status as StepView['status'],
    attempt: step.attempt,
    dependsOn: step.deps,
    queuedAt: step.queuedAt?.toISOString() ?? null,
    startedAt: step.startedAt?.toISOString() ?? null,
    finishedAt: step.finishedAt?.toISOString() ?? null,
    timeoutMs: step.attemptTimeoutMs,
    cost: toCostView(cost),
    ...(step.error !== null && { error: step.error as { code: string; message: string } }),
  };
}

function toCallView(entry: LedgerEntry): CallView {
  return {
    id: entry.id,
    stepKey: entry.stepKey,
    agent: entry.agent as CallView['agent'],
    purpose: entry.purpose,
    tier: entry.tier as CallView['tier'],
    provider: entry.provider,
    model: entry.model,
    inputTokens: entry.uncachedInput + entry.cacheRead + entry.cacheWrite5m + entry.cacheWrite1h,
    cachedInputTokens: entry.cacheRead,
    cacheWriteTokens: entry.cacheWrite5m + entry.cacheWrite1h,
    outputTokens: entry.output,
    reasoningTokens: entry.reasoning,
    costUsd: formatUsd(entry.costNano),
    baselineUsd: formatUsd(entry.baselineNano),
    cache: entry.cache as CallView['cache'],
    latencyMs: entry.latencyMs,
    status: entry.status as CallView['status'],
    ...(entry.limitation !== null && { limitation: entry.limitation as NonNullable<CallView['limitation']> }),
    ...(entry.serviceTier !== null && { serviceTier: entry.serviceTier }),
    ...(entry.lever !== null && { lever: entry.lever }),
    prompt: { id: entry.promptId, version: entry.promptVersion },
    route: entry.route as CallView['route'],
    simulated: entry.simulated,
    createdAt: entry.createdAt.toISOString(),
  };
}

/** Dependencies before dependants, natural key order inside a level: `draft-2` before `draft-10`. */
function inPlanOrder(steps: readonly StepRow[]): StepRow[] {
  const byKey = new Map(steps.map((step) => [step.key, step]));
  const depths = new Map<string, number>();
  const depthOf = (step: StepRow): number => {
    const known = depths.get(step.key);
    if (known !== undefined) return known;
    const parents = step.deps.map((key) => byKey.get(key)).filter((parent) => parent !== undefined);
    const depth = parents.length === 0 ? 0 : 1 + Math.max(...parents.map(depthOf));
    depths.set(step.key, depth);
    return depth;
  };
  return [...steps].sort((a, b) => depthOf(a) - depthOf(b) || a.key.localeCompare(b.key, 'en', { numeric: true }));
}

const formatCursor = (task: { createdAt: Date; id: string }): string =>
  formatInstantCursor({ at: task.createdAt.toISOString(), id: task.id });

/** @throws {CursorError} for a text that `formatCursor` cannot return */
function parseCursor(cursor: string): { createdAt: Date; id: string } {
  const { at, id } = parseInstantCursor(cursor);
  return { createdAt: new Date(at), id };
}
