import { z } from 'zod';
import type { StepContext } from './ports.ts';

const Params = z.object({ rejection: z.object({ reasons: z.array(z.string()) }) });

/**
 * Reasons given for rejecting earlier outputs of this step, oldest first; empty without a rejection. The prompts contain
 * the reasons, so that a restarted step does not reuse its journaled replies.
 */
export const rejectionReasons = (context: StepContext): readonly string[] =>
  Params.safeParse(context.step.params).data?.rejection.reasons ?? [];
