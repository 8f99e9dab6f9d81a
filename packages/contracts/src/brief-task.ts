import { z } from 'zod';
import { ArticleInput } from './task-input.ts';

/** Input of a `brief` task: that of the article it prepares, and what the article is to achieve. */
export const BriefInput = z.strictObject({
  ...ArticleInput.shape,
  goal: z.string().trim().min(1).max(500).optional(),
});
export type BriefInput = z.infer<typeof BriefInput>;

/** What a content brief says, as data. */
export const BriefData = z.object({
  angle: z.string(),
  audience: z.string(),
  goal: z.string().optional(),
  /** What the text must answer. */
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
  /** What could go wrong with the text: claims to check, sensitivities, contradictions between sources. */
  risks: z.array(z.string()),
  /** Questions that no source answers. */
  gaps: z.array(z.string()),
  targetWords: z.int(),
});
export type BriefData = z.infer<typeof BriefData>;
