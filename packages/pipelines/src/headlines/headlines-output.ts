import { z } from 'zod';

/** Output of `headlines`: distinct headlines within the maximum length. */
export const HeadlinesOutput = z.strictObject({
  headlines: z.array(z.strictObject({ text: z.string(), angle: z.string() })),
  /** Additional rounds that requested missing variants. */
  rounds: z.int(),
});
export type HeadlinesOutput = z.infer<typeof HeadlinesOutput>;
