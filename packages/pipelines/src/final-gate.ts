import type { Gate } from '@pressroom/contracts';
import type { ZodObject } from 'zod';
import type { Assembled, PipelineGate, StepOutputs } from './pipeline.ts';

/** Gate `final` for types whose last step produces the whole document: the edited output must still produce one. */
export function finalGate<Input>(
  step: string,
  output: ZodObject,
  assemble: (input: Input, outputs: StepOutputs) => Assembled,
): Partial<Record<Gate, PipelineGate<Input>>> {
  return {
    final: {
      step,
      output,
      validate: (edited, input, outputs) =>
        assemble(input, { ...outputs, [step]: edited }).document === undefined ? ['the document has no text'] : [],
    },
  };
}
