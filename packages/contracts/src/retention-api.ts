import { z } from 'zod';

/** Settings of section `retention` that are query parameters of `GET /retention`. */
export const RETENTION_PREVIEW_SETTINGS = [
  'compactAfterMinutes',
  'eventDays',
  'attemptDays',
  'callDays',
  'contentDays',
  'taskDays',
  'auditDays',
  'keyDays',
] as const;
/** Values used instead of the configured ones; null disables a rule. */
export type RetentionChanges = Partial<Record<(typeof RETENTION_PREVIEW_SETTINGS)[number], number | null | undefined>>;

/** `GET /retention`: what each rule would remove now, and the result of its last run. Read-only. */
export const RetentionView = z.object({
  rules: z.array(
    z.object({
      rule: z.string(),
      /** Age in days at which rows are removed; null for the ledger, which is removed by whole months. */
      olderThanDays: z.number().nullable(),
      /** Rows that the next runs remove; counted up to a million, estimated for the ledger. */
      dueRows: z.int(),
      /** When the oldest of them ended, expired or was written. */
      oldestAt: z.iso.datetime().nullable(),
      lastRunAt: z.iso.datetime().nullable(),
      removedLast: z.int(),
      removedTotal: z.int(),
      /** Why the last run failed. */
      error: z.string().nullable(),
    }),
  ),
});
export type RetentionView = z.infer<typeof RetentionView>;
