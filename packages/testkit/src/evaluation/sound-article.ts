import { findAgent } from '@pressroom/agents';
import type { ArticleInput } from '@pressroom/contracts';
import { findPipeline, RefineOutput, type StepOutputs } from '@pressroom/pipelines';
import type { Gateway } from '@pressroom/llm';

import { aScope, aStepContext } from './a-step-context.ts';
import { runInProcess } from './run-in-process.ts';

/** Step outputs of an article in which neither quality checks nor critique find a defect. */
export interface SoundArticle {
  input: ArticleInput;
  outputs: StepOutputs;
  /** Texts by part: `lead`, `1`, `2` … */
  parts: Readonly<Record<string, string>>;
}

/** Upper limit of rounds, above the need of any article. */
const MAX_ROUNDS = 6;

/** Writes an article and refines it until a round makes no edits. */
export async function writeSoundArticle(input: ArticleInput, gateway: Gateway): Promise<SoundArticle> {
  const pipeline = findPipeline('article');
  if (!pipeline) throw new Error('there is no article pipeline');
  const run = await runInProcess({ pipeline, input, quality: 'premium' }, { gateway });
  let outputs = withRefined(run.outputs, RefineOutput.parse(run.outputs['refine']));
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const refined = await refineArticle(input, outputs, gateway);
    if (refined.edits.length === 0) return { input, outputs, parts: partsOf(refined) };
    outputs = withRefined(outputs, refined);
  }
  throw new Error(`the article still had edits after ${MAX_ROUNDS} rounds`);
}

/** Runs the refine agent at premium quality over the outputs of the other steps. */
export async function refineArticle(
  input: ArticleInput,
  outputs: StepOutputs,
  gateway: Gateway,
  onReply: (call: { path: string; value: unknown }) => void = () => undefined,
): Promise<RefineOutput> {
  const llm = gateway.bind(aScope('refine', 'premium'));
  const observed = {
    async call(call: Parameters<typeof llm.call>[0]) {
      const result = await llm.call(call);
      onReply({ path: call.path, value: result.value });
      return result;
    },
  } as typeof llm;
  const context = aStepContext({ agent: 'refine', quality: 'premium', input, outputs, llm: observed });
  const agent = findAgent('refine');
  if (!agent) throw new Error('there is no refine agent');
  return RefineOutput.parse((await agent.run(context)).output);
}

/** Replaces the drafts by refined texts, as input of the next refinement. */
export function withTexts(outputs: StepOutputs, parts: Readonly<Record<string, string>>): StepOutputs {
  const drafts: StepOutputs = Object.fromEntries(
    Object.entries(parts).map(([part, markdown]) => [
      `draft-${part}`,
      { part: part === 'lead' ? part : Number(part), markdown, words: 0 },
    ]),
  );
  return { ...outputs, refine: undefined, ...drafts };
}

const withRefined = (outputs: StepOutputs, refined: RefineOutput): StepOutputs => withTexts(outputs, partsOf(refined));

export function partsOf(refined: RefineOutput): Record<string, string> {
  return {
    lead: refined.lead,
    ...Object.fromEntries(refined.sections.map(({ markdown }, index) => [String(index + 1), markdown])),
  };
}
