import { HeadlinesInput, HeadlineVariants, type Limitation } from '@pressroom/contracts';
import {
  checkHeadlines,
  guessLanguage,
  planHeadlines,
  type Headline,
  type HeadlinePlan,
  type HeadlinesOutput,
} from '@pressroom/pipelines';
import { inTurn } from '../calling/in-turn.ts';
import { callModel } from '../calling/call-model.ts';
import { isPermanent, tryOptional } from '../calling/try-optional.ts';
import { headlinesPrompt, moreHeadlinesPrompt, type HeadlinesFacts } from '../prompts/headlines.ts';
import { outputTokens } from '../prompts/output-tokens.ts';
import { rejectionReasons } from '../rejection.ts';
import { taskInput } from '../step-input.ts';
import { toDefects } from './core/to-defects.ts';
import { REPAIR_ROUNDS } from './repair-rounds.ts';
import type { WriteForm } from './write-form.ts';

/** Only the start of a text is read, which is enough for its gist. */
const READ_CHARACTERS = 30_000;
/** Words of angle, keys and quotation marks per headline. */
const OVERHEAD_WORDS = 12;
const CHARACTERS_PER_WORD = 5;

/** `headlines`: writes all variants in one call and replaces unusable ones in the rounds that the quality allows. */
export const headlinesForm: WriteForm = {
  name: 'headlines',
  async run(context) {
    const input = taskInput(context, HeadlinesInput.shape);
    const plan = planHeadlines(input);
    const text = (input.text ?? '').slice(0, READ_CHARACTERS);
    const facts: HeadlinesFacts = { input, plan, text, rejections: rejectionReasons(context) };
    const language = input.language ?? guessLanguage(`${input.topic ?? ''}\n${text}`);
    const first = await callModel(context, {
      path: 'headlines',
      purpose: 'headlines',
      prompt: headlinesPrompt,
      facts,
      schema: { name: 'headline_variants', zod: HeadlineVariants },
      accept: ({ headlines }) =>
        checkHeadlines(input, headlines).usable.length > 0 ? [] : ['no headline can be used'],
      maxOutputTokens: replyTokens(plan, plan.count, language),
    });
    let checked = await inTurn(() => checkHeadlines(input, first.headlines));
    let rounds = 0;
    for (
      let round = 1;
      round <= REPAIR_ROUNDS[context.task.quality] && checked.usable.length < plan.count;
      round += 1
    ) {
      const { usable, findings } = checked;
      const more = await tryOptional(
        context,
        () =>
          callModel(context, {
            path: `headlines/${round + 1}`,
            purpose: 'headlines',
            prompt: moreHeadlinesPrompt,
            facts: { ...facts, current: usable, defects: toDefects(findings.filter(({ quote }) => quote !== '')) },
            schema: { name: 'headline_variants', zod: HeadlineVariants },
            maxOutputTokens: replyTokens(plan, plan.count - usable.length, language),
          }),
        isPermanent,
      );
      if (more.outcome === 'failed') {
        context.log.warn({ round, code: more.error.code }, 'headlines.more_failed');
        break;
      }
      rounds = round;
      checked = await inTurn(() => checkHeadlines(input, [...usable, ...more.value.headlines]));
    }
    const output: HeadlinesOutput = { headlines: checked.usable.map(asOutput), rounds };
    context.log.info({ headlines: output.headlines.length, requested: plan.count, rounds }, 'headlines.done');
    return { output, limitations: limitationsOf(checked.usable.length, plan, input, context.step.key) };
  },
};

const asOutput = ({ text, angle }: Headline): Headline => ({ text, angle });

const replyTokens = ({ maxCharacters }: HeadlinePlan, count: number, language: string | undefined): number =>
  outputTokens(count * (Math.ceil(maxCharacters / CHARACTERS_PER_WORD) + OVERHEAD_WORDS), { language });

function limitationsOf(
  made: number,
  { count }: HeadlinePlan,
  { text = '' }: { text?: string | undefined },
  step: string,
): Limitation[] {
  const limitations: Limitation[] = [];
  if (made < count) {
    limitations.push({ code: 'VARIANTS_MISSING', step, message: `${made} of ${count} headlines were written.` });
  }
  if (text.length > READ_CHARACTERS) {
    const message = `Only the first ${READ_CHARACTERS} characters of the text were read.`;
    limitations.push({ code: 'SOURCE_SKIPPED', step, message });
  }
  return limitations;
}
