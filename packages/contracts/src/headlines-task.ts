import { z } from 'zod';
import { givenText, VOICE_FIELDS } from './task-input.ts';

export const HEADLINES_LIMITS = {
  maxCount: 20,
  maxTextCharacters: 100_000,
  minCharacters: 20,
  maxCharacters: 200,
} as const;

/** Input of a `headlines` task: a topic, a text, or both. */
export const HeadlinesInput = z
  .strictObject({
    topic: z.string().trim().min(3).max(500).optional(),
    text: givenText(HEADLINES_LIMITS.maxTextCharacters).optional(),
    count: z.int().min(1).max(HEADLINES_LIMITS.maxCount).optional(),
    /** Maximum length of a headline, in characters. */
    maxCharacters: z.int().min(HEADLINES_LIMITS.minCharacters).max(HEADLINES_LIMITS.maxCharacters).optional(),
    /** Angles such as "numbers" or "what it means for residents"; default: chosen by the writer. */
    angles: z.array(z.string().trim().min(1).max(100)).max(HEADLINES_LIMITS.maxCount).optional(),
    ...VOICE_FIELDS,
  })
  .refine(({ topic, text }) => topic !== undefined || text !== undefined, {
    message: 'give a topic, a text, or both',
  });
export type HeadlinesInput = z.infer<typeof HeadlinesInput>;

/** The variants, as data. */
export const HeadlinesData = z.object({
  headlines: z.array(z.object({ text: z.string(), angle: z.string(), characters: z.int() })),
  /** Requested number. */
  count: z.int(),
  maxCharacters: z.int(),
});
export type HeadlinesData = z.infer<typeof HeadlinesData>;
