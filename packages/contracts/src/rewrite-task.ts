import { z } from 'zod';
import { givenText, VOICE_FIELDS } from './task-input.ts';

export const REWRITE_LIMITS = { maxCharacters: 100_000, minTargetWords: 10, maxTargetWords: 20_000 } as const;

/** Properties that a rewrite can change; at least one is required. */
const CHANGES = ['audience', 'tone', 'language', 'targetWords', 'styleGuide', 'instructions'] as const;

/** Input of a `rewrite` task: one text and the changes to make. */
export const RewriteInput = z
  .strictObject({
    text: givenText(REWRITE_LIMITS.maxCharacters),
    title: z.string().trim().min(1).max(300).optional(),
    targetWords: z.int().min(REWRITE_LIMITS.minTargetWords).max(REWRITE_LIMITS.maxTargetWords).optional(),
    /** Additional instructions. */
    instructions: z.string().trim().min(1).max(2_000).optional(),
    ...VOICE_FIELDS,
  })
  .refine((input) => CHANGES.some((field) => input[field] !== undefined), {
    message: `requests no changes: give at least one of ${CHANGES.join(', ')}`,
  });
export type RewriteInput = z.infer<typeof RewriteInput>;

/** A rewrite, as data. */
export const RewriteData = z.object({
  text: z.string(),
  originalWords: z.int(),
  words: z.int(),
  facts: z.object({
    /** Figures and names of the original. */
    total: z.int(),
    /** Those of them that the text no longer states. */
    missing: z.array(z.string()),
    /** Figures and names of the text that the original does not state. */
    invented: z.array(z.string()),
  }),
});
export type RewriteData = z.infer<typeof RewriteData>;
