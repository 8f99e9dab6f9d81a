import { z } from 'zod';

/** Output of `headlines`: distinct and within their length. */
export const HeadlinesOutput = z.strictObject({
  headlines: z.array(z.strictObject({ text: z.string(), angle: z.string() })),
  /** Rounds in which missing variants were asked for again. */
  rounds: z.int(),
});
export type HeadlinesOutput = z.infer<typeof HeadlinesOutput>;
