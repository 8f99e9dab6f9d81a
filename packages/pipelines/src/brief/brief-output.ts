import { ContentBrief } from '@pressroom/contracts';
import { z } from 'zod';

/** Output of `brief`: normalised, so that words add up to the target and every note id exists. */
export const BriefOutput = z.strictObject({
  title: z.string(),
  angle: z.string(),
  audience: z.string(),
  sections: ContentBrief.shape.sections,
  keywords: z.array(z.string()),
  risks: z.array(z.string()),
  /** Repair rounds. */
  rounds: z.int(),
});
export type BriefOutput = z.infer<typeof BriefOutput>;
