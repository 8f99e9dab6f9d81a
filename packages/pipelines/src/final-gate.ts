import type { Gate } from '@pressroom/contracts';
import type { ZodObject } from 'zod';
import type { Assembled, PipelineGate, StepOutputs } from './pipeline.ts';

/** `final`, for types whose last step makes all of the document: what was edited must still make one. */
export function finalGate<Input>(
  step: string,
  output: ZodObject,
  assemble: (input: Input, outputs: StepOutputs) => Assembled,
): Partial<Record<Gate, PipelineGate<Input>>> {
  return {
    final: {
      step,
      output,
      problems: (edited, input, outputs) =>
        assemble(input, { ...outputs, [step]: edited }).document === undefined ? ['there is no text in it'] : [],
    },
  };
}
