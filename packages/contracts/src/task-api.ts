import { z } from 'zod';
import { AwaitingView } from './approval-api.ts';
import { LIMITATION_CODES } from './error-codes.ts';
import { Instant } from './instant.ts';
import { UsdAmountInput, UsdString } from './money.ts';
import { Agent, Gate, Lane, Quality, StepStatus, TaskStatus, TaskType, Tier } from './vocabulary.ts';

const Metadata = z
  .record(z.string().min(1).max(100), z.string().max(1_000))
  .refine((record) => Object.keys(record).length <= 50, 'at most 50 entries')
  // Lists include it: a page of 200 tasks stays within a few megabytes.
  .refine(
    (record) => Object.entries(record).reduce((sum, [key, value]) => sum + key.length + value.length, 0) <= 16_000,
    'at most 16,000 characters in all entries together',
  );

const DAY_MS = 24 * 3_600_000;
export const DEFAULT_APPROVAL_TIMEOUT_MS = 30 * DAY_MS;
const MAX_APPROVAL_TIMEOUT_MS = 365 * DAY_MS;
/** Maximum time between submission and start of a scheduled task. */
export const MAX_RUN_AHEAD_MS = 365 * DAY_MS;

/**
 * Body of `POST /tasks`, before its `input` is validated with the task type's schema. Unknown fields are rejected, so that a
 * misspelt option is not ignored silently.
 */
export const CreateTask = z.strictObject({
  type: TaskType,
  input: z.record(z.string(), z.unknown()),
  lane: Lane.default('interactive'),
  priority: z.int().min(1).max(9).default(5),
  tenantId: z.uuid().optional(),
  quality: Quality.default('balanced'),
  budgetUsd: UsdAmountInput.optional(),
  /** Deadline of the whole task; suspended while waiting for an approval. */
  timeoutMs: z
    .int()
    .min(1_000)
    .max(7 * 24 * 3_600_000)
    .optional(),
  /** Earliest start; at most a year ahead. */
  runAt: Instant.optional(),
  /** Gates at which the task waits for an approval. */
  approvals: z
    .array(Gate)
    .max(2)
    .refine((gates) => new Set(gates).size === gates.length, 'names a gate twice')
    .default([]),
  /** How long it waits at a gate before it ends with its available outputs. */
  approvalTimeoutMs: z.int().min(1_000).max(MAX_APPROVAL_TIMEOUT_MS).default(DEFAULT_APPROVAL_TIMEOUT_MS),
  callbackUrl: z
    .url({ protocol: /^https?$/ })
    .max(2_000)
    .optional(),
  metadata: Metadata.default({}),
  tags: z.array(z.string().trim().min(1).max(60)).max(20).default([]),
});
export type CreateTask = z.output<typeof CreateTask>;
/** Request body from clients: fields with defaults are optional, a budget is a number or a decimal string. */
export type CreateTaskRequest = z.input<typeof CreateTask>;

export const TaskAccepted = z.object({
  id: z.uuid(),
  status: TaskStatus,
  generation: z.int(),
  createdAt: z.iso.datetime(),
  links: z.record(z.string(), z.string()),
});
export type TaskAccepted = z.infer<typeof TaskAccepted>;

export const Limitation = z.object({
  code: z.enum(LIMITATION_CODES),
  /** Key of its step; absent when it concerns the whole task. */
  step: z.string().optional(),
  message: z.string(),
});
export type Limitation = z.infer<typeof Limitation>;

export const CostView = z.object({
  usd: UsdString,
  baselineUsd: UsdString,
  savedUsd: UsdString,
  calls: z.int(),
  cachedCalls: z.int(),
  inputTokens: z.int(),
  outputTokens: z.int(),
});
export type CostView = z.infer<typeof CostView>;

export const StepError = z.object({ code: z.string(), message: z.string() });

export const TaskView = z.object({
  id: z.uuid(),
  tenantId: z.uuid(),
  generation: z.int(),
  type: TaskType,
  lane: Lane,
  priority: z.int(),
  quality: Quality,
  status: TaskStatus,
  /** Subject of the task, from its input; null when the input has none or is deleted. */
  title: z.string().nullable(),
  input: z.record(z.string(), z.unknown()).nullable(),
  /** Completed and planned steps; 100 % only for a task that ended as `completed` or `partial`. */
  progress: z.object({ stepsDone: z.int(), stepsTotal: z.int(), percent: z.int() }),
  cost: CostView,
  budgetUsd: UsdString.optional(),
  limitations: z.array(Limitation),
  degraded: z.boolean(),
  simulated: z.boolean(),
  error: StepError.optional(),
  metadata: z.record(z.string(), z.string()),
  tags: z.array(z.string()),
  createdAt: z.iso.datetime(),
  /** Requested start of a scheduled task; null for an immediate start. */
  runAt: z.iso.datetime().nullable(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
  /** Suspended while waiting for an approval: then the deadline at the start of the wait. */
  deadlineAt: z.iso.datetime(),
  awaiting: AwaitingView.optional(),
});
export type TaskView = z.infer<typeof TaskView>;

export const TaskPage = z.object({ items: z.array(TaskView), nextCursor: z.string().nullable() });
export type TaskPage = z.infer<typeof TaskPage>;

export const StepView = z.object({
  id: z.uuid(),
  key: z.string(),
  agent: Agent,
  tier: Tier,
  status: StepStatus,
  attempt: z.int(),
  dependsOn: z.array(z.string()),
  queuedAt: z.iso.datetime().nullable(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
  timeoutMs: z.int(),
  cost: CostView,
  error: StepError.optional(),
});
export type StepView = z.infer<typeof StepView>;

export const CACHE_OUTCOMES = ['miss', 'memory', 'shared', 'semantic', 'journal', 'component'] as const;
/** Why a ledger entry differs from the provider's report. */
export const CALL_LIMITATIONS = [
  /** The provider reported no usage, or invalid usage. */
  'USAGE_MISSING',
  /** The reported usage differs from the local count by more than 20 %. */
  'USAGE_UNRECONCILED',
  /** The reported usage is impossible for the request. */
  'USAGE_CLAMPED',
  /** The call was served in a service tier without a price in the catalogue. */
  'SERVICE_TIER_UNPRICED',
  /** The reply exceeded its cap and was cut. */
  'REPLY_CUT',
  /** The connection ended before the reply was complete. */
  'REPLY_BROKEN_OFF',
  /** The database rejected the entry: it was replaced by the reservation's worst case. */
  'ENTRY_REFUSED',
  /** Pricing the reply failed: it is booked at the reservation's worst case. */
  'NOT_PRICED',
] as const;
export type CallLimitation = (typeof CALL_LIMITATIONS)[number];

export const CALL_STATUSES = ['ok', 'failed', 'aborted', 'estimated', 'uncertain', 'avoided'] as const;

/** One ledger entry in the API. */
export const CallView = z.object({
  id: z.uuid(),
  stepKey: z.string(),
  agent: Agent,
  purpose: z.string(),
  tier: Tier,
  provider: z.string(),
  model: z.string(),
  inputTokens: z.int(),
  cachedInputTokens: z.int(),
  cacheWriteTokens: z.int(),
  outputTokens: z.int(),
  reasoningTokens: z.int(),
  costUsd: UsdString,
  baselineUsd: UsdString,
  cache: z.enum(CACHE_OUTCOMES),
  latencyMs: z.int(),
  status: z.enum(CALL_STATUSES),
  limitation: z.enum(CALL_LIMITATIONS).optional(),
  /** The provider's service tier that was billed, if it reported one. */
  serviceTier: z.string().optional(),
  lever: z.string().optional(),
  prompt: z.object({ id: z.string(), version: z.string() }),
  route: z.object({ reason: z.string(), rule: z.string(), escalatedFrom: Tier.optional() }),
  simulated: z.boolean(),
  createdAt: z.iso.datetime(),
});
export type CallView = z.infer<typeof CallView>;

export const CitedSource = z.object({
  id: z.int(),
  title: z.string(),
  url: z.string().optional(),
  accessedAt: z.iso.datetime().optional(),
});
export type CitedSource = z.infer<typeof CitedSource>;

/** The assembled document, `GET /tasks/{id}/result`. */
export const TaskResult = z.object({
  title: z.string(),
  metaDescription: z.string(),
  keywords: z.array(z.string()),
  lead: z.string(),
  markdown: z.string(),
  sections: z.array(z.object({ heading: z.string(), markdown: z.string(), citations: z.array(z.int()) })),
  sources: z.array(CitedSource),
  wordCount: z.int(),
  quality: z.object({ score: z.number().nullable(), rounds: z.int() }),
  simulated: z.boolean(),
  /** The document as data of its task type, with the schema in `GET /task-types`. Absent for types without one. */
  data: z.record(z.string(), z.unknown()).optional(),
});
export type TaskResult = z.infer<typeof TaskResult>;

/** One server-sent event: `id` is the task's event sequence, `event` the type. */
export const TaskEvent = z.object({
  seq: z.int(),
  type: z.string(),
  at: z.iso.datetime(),
  generation: z.int(),
  data: z.record(z.string(), z.unknown()),
});
export type TaskEvent = z.infer<typeof TaskEvent>;
