import { z } from 'zod';

/** Output of `rewrite`. */
export const RewriteOutput = z.strictObject({
  title: z.string(),
  markdown: z.string(),
  /** Repair rounds. */
  rounds: z.int(),
});
export type RewriteOutput = z.infer<typeof RewriteOutput>;
