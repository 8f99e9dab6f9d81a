import { z } from 'zod';
import { givenText } from './task-input.ts';

export const CLASSIFY_LIMITS = { maxCharacters: 100_000, minLabels: 2, maxLabels: 50 } as const;

export const LabelInput = z.strictObject({
  name: z.string().trim().min(1).max(100),
  /** When the label applies; most useful for similar labels. */
  description: z.string().trim().min(1).max(500).optional(),
});
export type LabelInput = z.infer<typeof LabelInput>;

const hasDistinctNames = (labels: readonly LabelInput[]): boolean =>
  new Set(labels.map(({ name }) => name.toLowerCase())).size === labels.length;

/** Input of a `classify` task. */
export const ClassifyInput = z.strictObject({
  text: givenText(CLASSIFY_LIMITS.maxCharacters),
  labels: z
    .array(LabelInput)
    .min(CLASSIFY_LIMITS.minLabels)
    .max(CLASSIFY_LIMITS.maxLabels)
    .refine(hasDistinctNames, 'names a label twice'),
  /** Whether any number of labels may apply, including none; otherwise exactly one does. */
  multi: z.boolean().optional(),
  /** Additional instructions for the decision. */
  instructions: z.string().trim().min(1).max(2_000).optional(),
});
export type ClassifyInput = z.infer<typeof ClassifyInput>;

/** The decision, as data, most confident label first. */
export const ClassifyData = z.object({
  labels: z.array(
    z.object({
      /** As in the input. */
      name: z.string(),
      /** 0 to 1, as estimated by the model. */
      confidence: z.number(),
      /** The exact passage of the text that decided; empty when none could be located. */
      quote: z.string(),
      reason: z.string(),
    }),
  ),
  multi: z.boolean(),
});
export type ClassifyData = z.infer<typeof ClassifyData>;
