import { isAbsolute } from 'node:path';

import { z } from 'zod';

const MINUTES_PER_DAY = 1_440;
/** Settings whose rules apply to archived tasks only. */
const OF_ARCHIVED_TASKS = ['eventDays', 'attemptDays', 'callDays', 'contentDays', 'taskDays'] as const;

const Days = z.number().positive().max(36_500);

/**
 * Section `retention` of `PRESSROOM_CONFIG`: how long finished work is kept. Null keeps it until it is deleted explicitly; by
 * default so do results and the ledger. `docs/retention.md` has the whole table.
 */
export const RetentionConfig = z
  .strictObject({
    /** Minutes after its end after which a task is archived into one row. */
    compactAfterMinutes: z.number().min(0).max(525_600).nullable().default(15),
    /** Events of finished tasks, for replay with `Last-Event-ID`. */
    eventDays: Days.nullable().default(7),
    /** Histories of attempts. */
    attemptDays: Days.nullable().default(30),
    /** Journal: replies that a retry reuses instead of paying again. */
    callDays: Days.nullable().default(30),
    /** Inputs, outputs and payloads; the task is kept, with its steps and costs. */
    contentDays: Days.nullable().default(null),
    /** Finished tasks, with their dead letters. */
    taskDays: Days.nullable().default(null),
    auditDays: Days.nullable().default(730),
    /** API keys after they were deleted or have expired. */
    keyDays: Days.nullable().default(90),
    /** Whole months of the ledger that stay in the database, besides the current one. */
    ledgerMonths: z.int().min(1).max(1_200).nullable().default(null),
    /** Directory of older months as gzipped CSV; shared by all coordinators. */
    ledgerArchiveDir: z.string().min(1).refine(isAbsolute, 'must be an absolute path').nullable().default(null),
    /** Pause between two runs. */
    intervalSeconds: z.number().min(1).max(86_400).default(30),
    /** Most rows that one rule removes per run, so that a backlog causes no load peak. */
    maxRowsPerRun: z.int().min(100).max(10_000_000).default(50_000),
  })
  .refine((config) => config.ledgerMonths === null || config.ledgerArchiveDir !== null, {
    path: ['ledgerArchiveDir'],
    message: 'is required with ledgerMonths: months are removed from the database only after they were archived',
  })
  .superRefine((config, context) => {
    const { compactAfterMinutes } = config;
    for (const name of OF_ARCHIVED_TASKS) {
      const days = config[name];
      if (days === null) continue;
      if (compactAfterMinutes === null) {
        const message = `must be null while compactAfterMinutes is null (it is ${days}): it applies to archived tasks only, and nothing would be removed; set ${name} to null, or compactAfterMinutes to a number`;
        context.addIssue({ code: 'custom', path: [name], message });
      } else if (days * MINUTES_PER_DAY < compactAfterMinutes) {
        const message = `is ${days} days, less than compactAfterMinutes (${compactAfterMinutes}): it applies to archived tasks only; lower compactAfterMinutes or raise ${name}`;
        context.addIssue({ code: 'custom', path: [name], message });
      }
    }
  })
  .prefault({});
export type RetentionConfig = z.output<typeof RetentionConfig>;
