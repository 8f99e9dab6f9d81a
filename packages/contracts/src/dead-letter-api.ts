import { z } from 'zod';
import { Instant } from './instant.ts';
import { DEAD_LETTER_ERROR_CODES, ERROR_CODES } from './error-codes.ts';
import { UsdAmountInput, UsdString } from './money.ts';
import { StepError } from './task-api.ts';
import { AGENTS, TaskType, Tier } from './vocabulary.ts';

export const DEAD_LETTER_STATES = ['open', 'redriven', 'discarded'] as const;
export const DeadLetterState = z.enum(DEAD_LETTER_STATES);
export type DeadLetterState = z.infer<typeof DeadLetterState>;

/** One attempt of the failed step; its error is absent when it was completed or cancelled. */
export const DeadLetterAttempt = z.object({
  attempt: z.int(),
  outcome: z.string(),
  error: StepError.nullable(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime(),
  costUsd: UsdString,
});
export type DeadLetterAttempt = z.infer<typeof DeadLetterAttempt>;

/**
 * A step that could not be completed: reason, attempts, cost and payload. A malformed queue job also becomes a dead letter; it
 * has no task and no step and can only be discarded.
 */
export const DeadLetterView = z.object({
  id: z.uuid(),
  taskId: z.uuid().nullable(),
  stepId: z.uuid().nullable(),
  stepKey: z.string().nullable(),
  agent: z.string(),
  tenantId: z.uuid().nullable(),
  taskType: TaskType.nullable(),
  /** Generation of the task in which the step failed. */
  generation: z.int().nullable(),
  errorCode: z.string(),
  errorClass: z.string().nullable(),
  /** Where Pressroom's code raised the error, `file:function`. */
  topFrame: z.string().nullable(),
  message: z.string(),
  /** Equal for all dead letters with the same cause. */
  fingerprint: z.string(),
  attempts: z.array(DeadLetterAttempt),
  /**
   * The step's payload, to which a redrive's `patch` applies: its parameters and the `input`. Lists truncate long texts of the
   * input; read one dead letter for the full payload. Empty after the content is deleted.
   */
  payload: z.record(z.string(), z.unknown()),
  costUsd: UsdString,
  state: DeadLetterState,
  /** The dead letter of an earlier failure of this step. */
  previousId: z.uuid().nullable(),
  /** Generation of the task in which the step runs again. */
  redrivenAs: z.int().nullable(),
  /** Bulk operation that resolved it. */
  operationId: z.uuid().nullable(),
  endedBy: z.string().nullable(),
  /** Reason for discarding it. */
  reason: z.string().nullable(),
  createdAt: z.iso.datetime(),
  endedAt: z.iso.datetime().nullable(),
});
export type DeadLetterView = z.infer<typeof DeadLetterView>;

export const DeadLetterPage = z.object({ items: z.array(DeadLetterView), nextCursor: z.string().nullable() });
export type DeadLetterPage = z.infer<typeof DeadLetterPage>;

/** Dead letters with one cause. `sample` is the message of the newest. */
export const DeadLetterGroup = z.object({
  fingerprint: z.string(),
  errorCode: z.string(),
  sample: z.string(),
  count: z.int(),
  firstAt: z.iso.datetime(),
  lastAt: z.iso.datetime(),
  agents: z.array(z.string()),
  costUsd: UsdString,
});
export type DeadLetterGroup = z.infer<typeof DeadLetterGroup>;

export const DeadLetterGroupPage = z.object({ items: z.array(DeadLetterGroup), nextCursor: z.string().nullable() });
export type DeadLetterGroupPage = z.infer<typeof DeadLetterGroupPage>;

/** PostgreSQL rejects search expressions with more than 32 nested negations. */
const MAX_EXCLUSIONS = 16;
/** A dash that is not inside a word: `websearch_to_tsquery` interprets it as NOT. */
const EXCLUSION = /(?<![\p{L}\p{N}])-/gu;

/** Text that PostgreSQL can store and search. */
const FilterText = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine((text) => !text.includes('\0') && text.isWellFormed(), 'contains characters that no message can have')
  .refine(
    (text) => (text.match(EXCLUSION)?.length ?? 0) <= MAX_EXCLUSIONS,
    `contains more than ${MAX_EXCLUSIONS} exclusions (-word)`,
  );

/** Filter of dead letters, in the query string of lists and in the body of bulk operations. */
export const DeadLetterFilter = z.strictObject({
  agent: z.enum(AGENTS).optional(),
  tenantId: z.uuid().optional(),
  taskType: TaskType.optional(),
  errorCode: z.enum(ERROR_CODES, { error: `must be one of ${DEAD_LETTER_ERROR_CODES.join(', ')}` }).optional(),
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{16}$/, 'must be a fingerprint')
    .optional(),
  /** Created at or after this time. */
  since: Instant.optional(),
  /** Created before this time. */
  until: Instant.optional(),
  /** Full-text search in message, code and step key: words, "quoted phrases", -without, or. */
  q: FilterText.optional(),
});
export type DeadLetterFilter = z.infer<typeof DeadLetterFilter>;

/** Filter of a bulk operation, applied to the dead letters that are open at the time of the request. */
export const BulkDeadLetterFilter = DeadLetterFilter.extend({
  ids: z.array(z.uuid()).min(1).max(1_000).optional(),
  state: z.literal('open').optional(),
});
export type BulkDeadLetterFilter = z.infer<typeof BulkDeadLetterFilter>;

const Patch = z.record(z.string(), z.unknown());

/** Body of `POST /dead-letters/{id}/redrive`; all fields are optional. */
export const RedriveDeadLetter = z.strictObject({
  /** JSON merge patch (RFC 7396) of the step's payload; `input` patches the task's input for this step only. */
  patch: Patch.optional(),
  tier: Tier.optional(),
  /** Repeat all calls of the step instead of reusing the completed ones. */
  resetCalls: z.boolean().optional(),
  /** The task's new budget, including what was spent; must exceed the old one. */
  budgetUsd: UsdAmountInput.optional(),
});
export type RedriveDeadLetter = z.output<typeof RedriveDeadLetter>;
/** Request body from clients, before defaults. */
export type RedriveDeadLetterRequest = z.input<typeof RedriveDeadLetter>;

/** An operator's reason for an action. */
export const OperationReason = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .refine((text) => !text.includes('\0') && text.isWellFormed(), 'contains characters that cannot be stored');

/** Body of `POST /dead-letters/{id}/discard`. */
export const DiscardDeadLetter = z.strictObject({ reason: OperationReason });
export type DiscardDeadLetter = z.infer<typeof DiscardDeadLetter>;

/** Maximum rate of a bulk operation. */
export const MAX_OPERATION_RATE_PER_SECOND = 1_000;

const BulkOptions = {
  filter: BulkDeadLetterFilter.optional(),
  /** Every open dead letter of the key's tenant; with an administrator's key, of all tenants. */
  all: z.literal(true).optional(),
  ratePerSecond: z.number().positive().max(MAX_OPERATION_RATE_PER_SECOND).optional(),
  /** Maximum number of dead letters, oldest first. */
  limit: z.int().min(1).max(10_000_000).optional(),
  /** Dry run: only count. */
  dryRun: z.boolean().optional(),
};

type Selection = { filter?: BulkDeadLetterFilter | undefined; all?: true | undefined };
const ONE_SELECTION = {
  path: ['filter'],
  message: 'give exactly one of filter, or "all": true for every open dead letter',
};
const isOneSelection = ({ filter, all }: Selection): boolean => (filter === undefined) !== (all === undefined);
const A_CONDITION = {
  path: ['filter'],
  message:
    'must have at least one condition besides state, which is open for every one that is taken; to take all of them, send "all": true without a filter',
};
/** `state` can only be `open`, so it is not a condition. */
const hasCondition = ({ filter }: Selection): boolean =>
  filter === undefined ||
  Object.entries(filter).some(([name, condition]) => name !== 'state' && condition !== undefined);

/** Body of `POST /dead-letters/redrive`. */
const { patch, tier, resetCalls } = RedriveDeadLetter.shape;
export const BulkRedrive = z
  .strictObject({ ...BulkOptions, patch, tier, resetCalls })
  .refine(isOneSelection, ONE_SELECTION)
  .refine(hasCondition, A_CONDITION);
export type BulkRedrive = z.infer<typeof BulkRedrive>;

/** Body of `POST /dead-letters/discard`. */
export const BulkDiscard = z
  .strictObject({ ...BulkOptions, reason: OperationReason })
  .refine(isOneSelection, ONE_SELECTION)
  .refine(hasCondition, A_CONDITION);
export type BulkDiscard = z.infer<typeof BulkDiscard>;
