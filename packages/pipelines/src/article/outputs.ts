import { ArticleOutline } from '@pressroom/contracts';
import { z } from 'zod';

/** Output of `research`. */
export const ResearchOutput = z.object({
  questions: z.array(z.string()),
  /** Readable sources, numbered from 1 in the given order; citations `[n]` refer to `id`. */
  sources: z.array(
    z.object({
      id: z.int(),
      title: z.string(),
      url: z.string().optional(),
      accessedAt: z.string().optional(),
      /** Readable text, clipped; sentences are checked against it. */
      text: z.string(),
    }),
  ),
  notes: z.array(z.object({ id: z.string(), text: z.string(), sources: z.array(z.int()) })),
  contradictions: z.array(z.string()),
  gaps: z.array(z.string()),
});
export type ResearchOutput = z.infer<typeof ResearchOutput>;

/** Output of `outline`: normalised, so that the words of lead and sections add up to the target. */
export const OutlineOutput = z.object({
  title: ArticleOutline.shape.title,
  leadWords: z.int(),
  sections: ArticleOutline.shape.sections,
});
export type OutlineOutput = z.infer<typeof OutlineOutput>;

/** Output of `draft-lead` and `draft-<n>` (sections from 1). */
export const DraftOutput = z.object({
  part: z.union([z.literal('lead'), z.int().min(1)]),
  markdown: z.string(),
  words: z.int(),
});
export type DraftOutput = z.infer<typeof DraftOutput>;

/** Output of `refine`: the whole document after the last patch. */
export const RefineOutput = z.object({
  title: z.string(),
  lead: z.string(),
  sections: z.array(z.object({ heading: z.string(), markdown: z.string() })),
  metaDescription: z.string(),
  keywords: z.array(z.string()),
  /** Mean rubric score of the last critique (1 to 5), or null when none ran. */
  score: z.number().nullable(),
  rounds: z.int(),
  /** Every edit that was applied, for the revision history. */
  edits: z.array(z.object({ round: z.int(), part: z.string(), find: z.string(), replace: z.string() })),
});
export type RefineOutput = z.infer<typeof RefineOutput>;
