import { z } from 'zod';
import type { StepContext } from './ports.ts';

const Params = z.object({ rejection: z.object({ reasons: z.array(z.string()) }) });

/**
 * Why people have rejected what this step made before, oldest first; empty when nobody has. The prompts carry the reasons,
 * so that a step that runs again does not get its journaled answers back.
 */
export const rejectionReasons = (context: StepContext): readonly string[] =>
  Params.safeParse(context.step.params).data?.rejection.reasons ?? [];
