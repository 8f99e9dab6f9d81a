import { z } from 'zod';

/** Output of `classify`: labels by their given names, by descending confidence. */
export const ClassifyOutput = z.strictObject({
  labels: z.array(
    z.strictObject({ name: z.string(), confidence: z.number().min(0).max(1), quote: z.string(), reason: z.string() }),
  ),
  /** Second opinions that were requested. */
  rounds: z.int(),
});
export type ClassifyOutput = z.infer<typeof ClassifyOutput>;
