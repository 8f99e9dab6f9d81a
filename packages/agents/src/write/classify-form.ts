import { Classification, ClassifyInput, type Quality } from '@pressroom/contracts';
import { type ClassifyOutput } from '@pressroom/pipelines';
import { callModel } from '../calling/call-model.ts';
import { isPermanent, tryOptional } from '../calling/try-optional.ts';
import type { StepContext } from '../ports.ts';
import { classifyAgainPrompt, classifyPrompt } from '../prompts/classify.ts';
import { outputTokens } from '../prompts/output-tokens.ts';
import { rejectionReasons } from '../rejection.ts';
import { inputOf } from '../step-input.ts';
import { normaliseLabels, validateLabels, type DecidedLabel } from './core/decided-labels.ts';
import type { WriteForm } from './write-form.ts';

/** Below this confidence, or without the passage that decided, a larger model is asked the same. Economy never asks. */
const UNSURE_BELOW: Readonly<Record<Quality, number>> = { economy: 0, balanced: 0.6, premium: 0.8 };
const WORDS_PER_LABEL = 90;
/** More labels than this rarely apply to one text. */
const MOST_LABELS_EXPECTED = 8;

/** `classify`: the cheap tier decides; where it is unsure a larger model decides again, without knowing the first answer. */
export const classifyForm: WriteForm = {
  name: 'classify',
  async run(context) {
    const input = inputOf(context, ClassifyInput.shape);
    const first = normaliseLabels(await ask(context, input, 'classify'), input);
    const second =
      isUnsure(first, context.task.quality) &&
      (await tryOptional(context, () => ask(context, input, 'classify-again'), isPermanent));
    const labels = second !== false && second.outcome === 'done' ? normaliseLabels(second.value, input) : first;
    const output: ClassifyOutput = { labels, rounds: second !== false && second.outcome === 'done' ? 1 : 0 };
    context.log.info({ labels: labels.length, rounds: output.rounds }, 'classify.done');
    const uncertain = labels.filter(({ confidence }) => confidence < 0.5).map(({ name }) => name);
    return {
      output,
      limitations:
        uncertain.length === 0
          ? []
          : [
              {
                code: 'LABEL_UNCERTAIN',
                step: context.step.key,
                message: `Hardly more than a guess: ${uncertain.join(', ')}.`,
              },
            ],
    };
  },
};

const ask = (
  context: StepContext,
  input: ClassifyInput,
  purpose: 'classify' | 'classify-again',
): Promise<Classification> =>
  callModel(context, {
    path: purpose,
    purpose,
    prompt: purpose === 'classify' ? classifyPrompt : classifyAgainPrompt,
    facts: { input, rejections: rejectionReasons(context) },
    schema: { name: 'classification', zod: Classification },
    accept: (reply) => validateLabels(reply, input),
    maxOutputTokens: outputTokens(
      WORDS_PER_LABEL * (input.multi === true ? Math.min(input.labels.length, MOST_LABELS_EXPECTED) : 1),
      {},
    ),
    temperature: 0,
  });

const isUnsure = (labels: readonly DecidedLabel[], quality: Quality): boolean =>
  UNSURE_BELOW[quality] > 0 &&
  labels.some(({ confidence, quote }) => confidence < UNSURE_BELOW[quality] || quote === '');
