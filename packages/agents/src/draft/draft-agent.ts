import {
  countWords,
  fitToNotes,
  isNearTarget,
  OutlineOutput,
  ResearchOutput,
  type DraftOutput,
} from '@pressroom/pipelines';
import { z } from 'zod';
import { tryOptional } from '../calling/try-optional.ts';
import { StepInputInvalidError } from '../errors.ts';
import type { StepAgent, StepContext } from '../ports.ts';
import type { PartFacts } from '../prompts/writer.ts';
import { articleInput, parse, stepOutput } from '../step-input.ts';
import { selectPartFacts } from './core/part-facts.ts';
import { rewritePart, writePart } from './write-part.ts';

const DraftParams = z.object({ part: z.union([z.literal('lead'), z.int().min(1)]) });

/** Writes the lead or one section from its notes; makes one more call when the length is off. */
export const draftAgent: StepAgent = {
  name: 'draft',
  async run(context) {
    const { part } = parse(DraftParams, context.step.params, 'the step’s parameters');
    const research = stepOutput(context, 'research', ResearchOutput);
    const input = fitToNotes(articleInput(context), research.notes);
    const facts = selectPartFacts(part, input, stepOutput(context, 'outline', OutlineOutput), research);
    if (!facts) throw new StepInputInvalidError(`the outline has no section ${part}`);
    const markdown = await adjustLength(context, facts, await writePart(context, facts));
    const output: DraftOutput = { part, markdown, words: countWords(markdown) };
    context.log.info({ part, words: output.words, targetWords: facts.words }, 'draft.done');
    return { output, limitations: [] };
  },
};

/** Makes one more call when the length is off and returns the closer text. A wrong length is not a failure. */
async function adjustLength(context: StepContext, facts: PartFacts, written: string): Promise<string> {
  if (isNearTarget(countWords(written), facts.words)) return written;
  const adjusted = await tryOptional(context, () =>
    rewritePart(context, facts, written, { path: 'adjust/1', purpose: 'adjust' }),
  );
  if (adjusted.outcome === 'failed') {
    context.log.warn({ part: facts.part, code: adjusted.error.code }, 'adjust.failed');
    return written;
  }
  const distance = (text: string): number => Math.abs(countWords(text) - facts.words);
  return distance(adjusted.value) < distance(written) ? adjusted.value : written;
}
