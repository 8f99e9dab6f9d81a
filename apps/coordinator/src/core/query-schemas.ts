import {
  DeadLetterFilter,
  DeadLetterState,
  Instant,
  Lane,
  TaskStatus,
  TaskType,
  type RetentionChanges,
} from '@pressroom/contracts';
import { z } from 'zod';

import { isUnstorable } from './inspect-json.ts';

/** Items a page may hold. */
export const MAX_PAGE_SIZE = 200;
const DEFAULT_PAGE_SIZE = 50;

function pageSize(max: number) {
  return z
    .string()
    .regex(/^\d{1,4}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(max));
}

/** Query of `GET /tasks`. */
export const ListTasksQuery = z.strictObject({
  status: TaskStatus.optional(),
  type: TaskType.optional(),
  lane: Lane.optional(),
  tag: z
    .string()
    .min(1)
    .max(60)
    .refine((tag) => !isUnstorable(tag), 'holds characters that no tag has')
    .optional(),
  tenantId: z.uuid().optional(),
  createdAfter: Instant.optional(),
  cursor: z.string().max(1_000).optional(),
  limit: pageSize(MAX_PAGE_SIZE).default(DEFAULT_PAGE_SIZE),
});
export type ListTasksQuery = z.output<typeof ListTasksQuery>;

const Flag = z.enum(['true', 'false']).transform((value) => value === 'true');

/** Query of `GET /tasks/{id}/result`. */
export const ResultQuery = z.strictObject({
  partial: Flag.default(false),
  /** A generation of the task; without it the one now. */
  generation: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'must be a whole number from 1')
    .transform(Number)
    .optional(),
});
export type ResultQuery = z.output<typeof ResultQuery>;

const AgeSetting = z
  .string()
  .regex(/^(?:\d{1,6}(?:\.\d{1,6})?|null)$/, 'must be a number or null')
  .transform((text) => (text === 'null' ? null : Number(text)))
  .optional();

/** Query of `GET /retention`. */
export const RetentionQuery = z.strictObject({
  compactAfterMinutes: AgeSetting,
  eventDays: AgeSetting,
  attemptDays: AgeSetting,
  callDays: AgeSetting,
  contentDays: AgeSetting,
  taskDays: AgeSetting,
  auditDays: AgeSetting,
  keyDays: AgeSetting,
} satisfies Record<keyof RetentionChanges, z.ZodType>);
export type RetentionQuery = z.output<typeof RetentionQuery>;

/** Query of `GET /tasks/{id}/events`. */
export const EventsQuery = z.strictObject({ lastEventId: z.string().optional() });
export type EventsQuery = z.output<typeof EventsQuery>;

const { cursor, limit } = ListTasksQuery.shape;

/** Query of lists that know nothing but pages. */
export const PageQuery = z.strictObject({ cursor, limit });
export type PageQuery = z.output<typeof PageQuery>;

/** Query of the lists that were whole before they had pages: a page holds what an ordinary list holds. */
export const WholeListQuery = z.strictObject({ cursor, limit: pageSize(MAX_PAGE_SIZE).default(MAX_PAGE_SIZE) });
export type WholeListQuery = z.output<typeof WholeListQuery>;

/** Steps or calls that a page may hold. */
export const MAX_TASK_PAGE_SIZE = 1_000;

/** Query of `GET /tasks/{id}/steps` and `GET /tasks/{id}/calls`. */
export const TaskItemsQuery = z.strictObject({
  cursor,
  limit: pageSize(MAX_TASK_PAGE_SIZE).default(MAX_TASK_PAGE_SIZE),
});
export type TaskItemsQuery = z.output<typeof TaskItemsQuery>;

/** Query of `GET /dead-letters` and `GET /dead-letters/groups`. */
export const DeadLettersQuery = DeadLetterFilter.extend({ state: DeadLetterState.optional(), cursor, limit });
export type DeadLettersQuery = z.output<typeof DeadLettersQuery>;

const AuditText = z
  .string()
  .regex(/^[\w.:#-]{1,100}$/, 'must be an id or the name of an action')
  .optional();

/** Query of `GET /audit`. */
export const AuditQuery = z.strictObject({
  tenantId: z.uuid().optional(),
  action: AuditText,
  keyId: AuditText,
  targetId: AuditText,
  since: Instant.optional(),
  until: Instant.optional(),
  cursor,
  limit,
});
export type AuditQuery = z.output<typeof AuditQuery>;
