import { z } from 'zod';
import { Instant } from './instant.ts';
import { DEAD_LETTER_ERROR_CODES, ERROR_CODES } from './error-codes.ts';
import { UsdAmountInput, UsdString } from './money.ts';
import { StepError } from './task-api.ts';
import { AGENTS, TaskType, Tier } from './vocabulary.ts';

export const DEAD_LETTER_STATES = ['open', 'redriven', 'discarded'] as const;
export const DeadLetterState = z.enum(DEAD_LETTER_STATES);
export type DeadLetterState = z.infer<typeof DeadLetterState>;

/** One attempt of the step that died; its error is absent when it was completed or cancelled. */
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
 * A step that could not be completed: why, what was tried, what it cost, and what it was given. A queue job that nobody
 * could read is one too; it names no task and no step and can only be discarded.
 */
export const DeadLetterView = z.object({
  id: z.uuid(),
  taskId: z.uuid().nullable(),
  stepId: z.uuid().nullable(),
  stepKey: z.string().nullable(),
  agent: z.string(),
  tenantId: z.uuid().nullable(),
  taskType: TaskType.nullable(),
  /** Generation of the task in which the step died. */
  generation: z.int().nullable(),
  errorCode: z.string(),
  errorClass: z.string().nullable(),
  /** Where our own code gave up, `file:function`. */
  topFrame: z.string().nullable(),
  message: z.string(),
  /** The same for every dead letter with the same cause. */
  fingerprint: z.string(),
  attempts: z.array(DeadLetterAttempt),
  /**
   * What the step was given, the document that a redrive's `patch` applies to: its parameters and the `input`. Lists show
   * long texts of the input cut; read one dead letter to see all of it. Empty once the content is deleted.
   */
  payload: z.record(z.string(), z.unknown()),
  costUsd: UsdString,
  state: DeadLetterState,
  /** The dead letter that this step left when it died before. */
  previousId: z.uuid().nullable(),
  /** Generation of the task in which the step runs again. */
  redrivenAs: z.int().nullable(),
  /** Bulk operation that ended it. */
  operationId: z.uuid().nullable(),
  endedBy: z.string().nullable(),
  /** Why it was discarded. */
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

/** PostgreSQL refuses search expressions with more than 32 open negations. */
const MAX_EXCLUSIONS = 16;
/** A dash that is not inside a word: `websearch_to_tsquery` reads it as NOT. */
const EXCLUSION = /(?<![\p{L}\p{N}])-/gu;

/** Text that PostgreSQL can hold and search for. */
const FilterText = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine((text) => !text.includes('\0') && text.isWellFormed(), 'holds characters that no message has')
  .refine(
    (text) => (text.match(EXCLUSION)?.length ?? 0) <= MAX_EXCLUSIONS,
    `holds more than ${MAX_EXCLUSIONS} exclusions (-word)`,
  );

/** What narrows a set of dead letters, in the query string of lists and in the body of bulk operations. */
export const DeadLetterFilter = z.strictObject({
  agent: z.enum(AGENTS).optional(),
  tenantId: z.uuid().optional(),
  taskType: TaskType.optional(),
  errorCode: z.enum(ERROR_CODES, { error: `must be one of ${DEAD_LETTER_ERROR_CODES.join(', ')}` }).optional(),
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{16}$/, 'must be a fingerprint')
    .optional(),
  /** Died at or after this instant. */
  since: Instant.optional(),
  /** Died before this instant. */
  until: Instant.optional(),
  /** Full text over message, code and step key: words, "quoted phrases", -without, or. */
  q: FilterText.optional(),
});
export type DeadLetterFilter = z.infer<typeof DeadLetterFilter>;

/** Which dead letters a bulk operation is about; of these it takes the ones that are open when it is asked for. */
export const BulkDeadLetterFilter = DeadLetterFilter.extend({
  ids: z.array(z.uuid()).min(1).max(1_000).optional(),
  state: z.literal('open').optional(),
});
export type BulkDeadLetterFilter = z.infer<typeof BulkDeadLetterFilter>;

const Patch = z.record(z.string(), z.unknown());

/** Body of `POST /dead-letters/{id}/redrive`; every field may be left out. */
export const RedriveDeadLetter = z.strictObject({
  /** JSON merge patch (RFC 7396) of the step's payload; `input` in it patches the task's input for this step alone. */
  patch: Patch.optional(),
  tier: Tier.optional(),
  /** Make every call of the step anew instead of reusing the finished ones. */
  resetCalls: z.boolean().optional(),
  /** The task's budget from now on, what it has spent included; more than it was. */
  budgetUsd: UsdAmountInput.optional(),
});
export type RedriveDeadLetter = z.output<typeof RedriveDeadLetter>;
/** What a client sends. */
export type RedriveDeadLetterRequest = z.input<typeof RedriveDeadLetter>;

/** Why an operator does something. */
export const OperationReason = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .refine((text) => !text.includes('\0') && text.isWellFormed(), 'holds characters that cannot be stored');

/** Body of `POST /dead-letters/{id}/discard`. */
export const DiscardDeadLetter = z.strictObject({ reason: OperationReason });
export type DiscardDeadLetter = z.infer<typeof DiscardDeadLetter>;

/** Fastest that a bulk operation may be asked to go. */
export const MAX_OPERATION_RATE_PER_SECOND = 1_000;

const BulkOptions = {
  filter: BulkDeadLetterFilter.optional(),
  /** Every open dead letter of the key's tenant; with an administrator's key, of all tenants. */
  all: z.literal(true).optional(),
  ratePerSecond: z.number().positive().max(MAX_OPERATION_RATE_PER_SECOND).optional(),
  /** At most so many, the oldest first. */
  limit: z.int().min(1).max(10_000_000).optional(),
  /** Only count. */
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
/** `state` can only be `open`, which narrows nothing. */
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
