import { z } from 'zod';

/** Output of `summary`; citations use the source numbers of the step `read`. */
export const SummaryOutput = z.strictObject({
  title: z.string(),
  markdown: z.string(),
  keyPoints: z.array(z.strictObject({ text: z.string(), sources: z.array(z.int()) })),
  /** Repair rounds. */
  rounds: z.int(),
});
export type SummaryOutput = z.infer<typeof SummaryOutput>;
