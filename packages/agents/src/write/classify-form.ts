import { Classification, ClassifyInput, type Quality } from '@pressroom/contracts';
import { type ClassifyOutput } from '@pressroom/pipelines';
import { callModel } from '../calling/call-model.ts';
import { isPermanent, tryOptional } from '../calling/try-optional.ts';
import type { StepContext } from '../ports.ts';
import { classifyAgainPrompt, classifyPrompt } from '../prompts/classify.ts';
import { outputTokens } from '../prompts/output-tokens.ts';
import { rejectionReasons } from '../rejection.ts';
import { taskInput } from '../step-input.ts';
import { normaliseLabels, validateLabels, type DecidedLabel } from './core/decided-labels.ts';
import type { WriteForm } from './write-form.ts';

/** Below this confidence, or without a deciding passage, a larger model decides again. Disabled at economy quality. */
const ESCALATE_BELOW: Readonly<Record<Quality, number>> = { economy: 0, balanced: 0.6, premium: 0.8 };
const WORDS_PER_LABEL = 90;
/** More labels than this rarely apply to one text. */
const MAX_LABELS_EXPECTED = 8;

/** `classify`: the cheap tier decides; at low confidence a larger model decides again, without the first decision. */
export const classifyForm: WriteForm = {
  name: 'classify',
  async run(context) {
    const input = taskInput(context, ClassifyInput.shape);
    const first = normaliseLabels(await requestLabels(context, input, 'classify'), input);
    const second =
      needsEscalation(first, context.task.quality) &&
      (await tryOptional(context, () => requestLabels(context, input, 'classify-again'), isPermanent));
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
                message: `Low confidence, below 50 %: ${uncertain.join(', ')}.`,
              },
            ],
    };
  },
};

const requestLabels = (
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
      WORDS_PER_LABEL * (input.multi === true ? Math.min(input.labels.length, MAX_LABELS_EXPECTED) : 1),
      {},
    ),
    temperature: 0,
  });

const needsEscalation = (labels: readonly DecidedLabel[], quality: Quality): boolean =>
  ESCALATE_BELOW[quality] > 0 &&
  labels.some(({ confidence, quote }) => confidence < ESCALATE_BELOW[quality] || quote === '');
