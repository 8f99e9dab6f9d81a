import { z } from 'zod';
import { SourceInput, VOICE_FIELDS } from './task-input.ts';

export const SUMMARY_LIMITS = {
  maxSources: 20,
  minTargetWords: 20,
  maxTargetWords: 2_000,
  maxKeyPoints: 15,
} as const;

/** Input of a `summary` task. */
export const SummaryInput = z.strictObject({
  sources: z.array(SourceInput).min(1).max(SUMMARY_LIMITS.maxSources),
  /** What the reader wants to know; default: everything important. */
  focus: z.string().trim().min(3).max(500).optional(),
  targetWords: z.int().min(SUMMARY_LIMITS.minTargetWords).max(SUMMARY_LIMITS.maxTargetWords).optional(),
  /** Number of key points besides the summary; 0 for none. */
  keyPoints: z.int().min(0).max(SUMMARY_LIMITS.maxKeyPoints).optional(),
  ...VOICE_FIELDS,
});
export type SummaryInput = z.infer<typeof SummaryInput>;

/** A summary, as data. */
export const SummaryData = z.object({
  /** Markdown with citations `[n]` of the document's sources. */
  summary: z.string(),
  keyPoints: z.array(z.object({ text: z.string(), sources: z.array(z.int()) })),
  targetWords: z.int(),
  /** Words of all readable sources. */
  sourceWords: z.int(),
});
export type SummaryData = z.infer<typeof SummaryData>;
