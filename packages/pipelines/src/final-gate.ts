import type { Gate } from '@pressroom/contracts';
import type { ZodObject } from 'zod';
import type { Assembled, PipelineGate, StepOutputs } from './pipeline.ts';

/** As much as a section of an article may have; no agent writes half of it. */
const MAX_EDITED_CHARACTERS = 200_000;

/**
 * Gate `final` for types whose last step produces the whole document: the edited output must still produce one.
 *
 * @param hasText checks that with less work than `assemble`: approvals are validated on an event loop
 */
export function finalGate<Input>(
  step: string,
  output: ZodObject,
  assemble: (input: Input, outputs: StepOutputs) => Assembled,
  hasText?: (edited: Record<string, unknown>) => boolean,
): Partial<Record<Gate, PipelineGate<Input>>> {
  return {
    final: {
      step,
      output,
      validate(edited, input, outputs) {
        const characters = JSON.stringify(edited).length;
        if (characters > MAX_EDITED_CHARACTERS) {
          return [`the edited output has ${characters} characters as JSON; the maximum is ${MAX_EDITED_CHARACTERS}`];
        }
        const isUsable = hasText?.(edited) ?? assemble(input, { ...outputs, [step]: edited }).document !== undefined;
        return isUsable ? [] : ['the document has no text'];
      },
    },
  };
}

/** For outputs whose text is their `markdown`. */
export const hasMarkdown = ({ markdown }: Record<string, unknown>): boolean =>
  typeof markdown === 'string' && markdown.trim() !== '';
