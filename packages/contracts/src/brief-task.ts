import { z } from 'zod';
import { ArticleInput } from './task-input.ts';

/** Input of a `brief` task: that of the planned article, and its goal. */
export const BriefInput = z.strictObject({
  ...ArticleInput.shape,
  goal: z.string().trim().min(1).max(500).optional(),
});
export type BriefInput = z.infer<typeof BriefInput>;

/** A content brief, as data. */
export const BriefData = z.object({
  angle: z.string(),
  audience: z.string(),
  goal: z.string().optional(),
  /** Questions that the text must answer. */
  questions: z.array(z.string()),
  sections: z.array(
    z.object({
      heading: z.string(),
      purpose: z.string(),
      points: z.array(z.string()),
      words: z.int(),
      /** Numbers of the document's sources. */
      sources: z.array(z.int()),
    }),
  ),
  keywords: z.array(z.string()),
  /** Risks of the text: claims to check, sensitive subjects, contradictions between sources. */
  risks: z.array(z.string()),
  /** Questions without an answer in the sources. */
  gaps: z.array(z.string()),
  targetWords: z.int(),
});
export type BriefData = z.infer<typeof BriefData>;
