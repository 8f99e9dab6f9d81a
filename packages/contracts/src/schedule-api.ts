import { z } from 'zod';
import { CreateTask } from './task-api.ts';

/** What happens when a task is due before the schedule's previous one has ended. */
export const OVERLAPS = ['allow', 'skip'] as const;
const Overlap = z.enum(OVERLAPS);

const Name = z.string().trim().min(1).max(100);
/** Five fields (minute, hour, day of month, month, day of week) or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. */
const Cron = z.string().trim().min(1).max(200);
const TimeZone = z.string().min(1).max(60);

/** Body of `POST /schedules`. */
export const CreateSchedule = z.strictObject({
  /** Unique per tenant. */
  name: Name,
  cron: Cron,
  /** IANA time zone such as `Europe/Berlin`, in which the cron expression is evaluated, including daylight saving time. */
  timeZone: TimeZone.default('UTC'),
  /** Body of `POST /tasks`, submitted at each fire. Must not contain `runAt`. */
  task: CreateTask,
  enabled: z.boolean().default(true),
  overlap: Overlap.default('allow'),
});
export type CreateSchedule = z.output<typeof CreateSchedule>;
export type CreateScheduleRequest = z.input<typeof CreateSchedule>;

/** Body of `PATCH /schedules/{id}`: changes the given fields. The next fire is recomputed from now. */
export const UpdateSchedule = z
  .strictObject({
    name: Name.optional(),
    cron: Cron.optional(),
    timeZone: TimeZone.optional(),
    task: CreateTask.optional(),
    enabled: z.boolean().optional(),
    overlap: Overlap.optional(),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'contains no changes');
export type UpdateSchedule = z.infer<typeof UpdateSchedule>;

/** Result of the latest fire. */
export const FIRE_OUTCOMES = ['submitted', 'skipped', 'failed'] as const;

export const ScheduleView = z.object({
  id: z.uuid(),
  tenantId: z.uuid(),
  name: z.string(),
  cron: z.string(),
  timeZone: z.string(),
  task: z.record(z.string(), z.unknown()),
  enabled: z.boolean(),
  overlap: Overlap,
  /** Null when the schedule is disabled or its expression has no further fire. */
  nextFireAt: z.iso.datetime().nullable(),
  lastFire: z
    .object({
      /** Due time of the fire. */
      at: z.iso.datetime(),
      outcome: z.enum(FIRE_OUTCOMES),
      /** The created task. */
      taskId: z.uuid().optional(),
    })
    .nullable(),
  /** Why the latest fire created no task, or is being retried; null without an error. */
  error: z.object({ code: z.string(), message: z.string(), at: z.iso.datetime() }).nullable(),
  createdAt: z.iso.datetime(),
});
export type ScheduleView = z.infer<typeof ScheduleView>;

export const ScheduleList = z.object({ items: z.array(ScheduleView), nextCursor: z.string().nullable() });
export type ScheduleList = z.infer<typeof ScheduleList>;
