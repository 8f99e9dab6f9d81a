import type { HeadlinesInput } from '@pressroom/contracts';
import type { Headline, HeadlinePlan } from '@pressroom/pipelines';
import { renderArticle, renderDefects, renderSource, singleLine, type PromptDefect } from './material.ts';
import type { Prompt } from './prompt.ts';
import { asList, MATERIAL_RULE, paragraphs } from './rules.ts';
import { renderAssignment, renderRejected, voiceRules } from './voice.ts';

export interface HeadlinesFacts {
  input: HeadlinesInput;
  plan: HeadlinePlan;
  /** The text as far as it is read; empty without one. */
  text: string;
  rejections: readonly string[];
}

export interface MoreHeadlinesFacts extends HeadlinesFacts {
  /** Those that are there already. */
  current: readonly Headline[];
  defects: readonly PromptDefect[];
}

const systemOf = ({ input, plan, text }: HeadlinesFacts): string =>
  paragraphs(
    'You write headlines.',
    MATERIAL_RULE,
    asList([
      `Each has at most ${plan.maxCharacters} characters, blanks included.`,
      'No two are alike: each takes another angle, and does not merely change the words of one before. The best comes first.',
      input.angles === undefined || input.angles.length === 0
        ? '`angle` names in two to five words what the headline leads with.'
        : 'Take the angles listed in <brief>, each at least once if there are headlines enough; `angle` names the one taken.',
      text === ''
        ? 'There is no text: promise nothing that a reader could check, and no figures.'
        : 'They promise what the text in <source> holds. Figures and names as it has them; none of your own.',
      'No quotation marks around them, no full stop, no numbering.',
      ...voiceRules({ ...input, keywords: undefined }, { language: 'Write in the language of the text or topic' }),
      ...((input.keywords?.length ?? 0) === 0 ? [] : ['At least one headline uses each keyword in <brief>.']),
    ]),
    'Reply with JSON: {"headlines": [{"text": "…", "angle": "…"}]}.',
  );

const materialOf = ({ input, plan, text, rejections }: HeadlinesFacts, count: number): string =>
  paragraphs(
    renderAssignment(
      input,
      { topic: input.topic, headlines: count, characters: plan.maxCharacters },
      (input.angles?.length ?? 0) === 0 ? [] : [`Angles: ${(input.angles ?? []).map(singleLine).join('; ')}`],
    ),
    text === '' ? '' : renderSource({ id: 1, title: input.topic ?? '' }, text),
    renderRejected(rejections),
  );

/** All variants in one call. */
export const headlinesPrompt: Prompt<HeadlinesFacts> = {
  id: 'headlines',
  version: '1',
  render: (facts) => ({
    system: systemOf(facts),
    user: paragraphs(materialOf(facts, facts.plan.count), `Write ${facts.plan.count} headlines.`),
  }),
};

/** Further variants in place of those that could not be used. */
export const moreHeadlinesPrompt: Prompt<MoreHeadlinesFacts> = {
  id: 'more-headlines',
  version: '1',
  render: (facts) => {
    const missing = facts.plan.count - facts.current.length;
    const there = facts.current.map((headline) => `- ${singleLine(headline.text)}`).join('\n');
    return {
      system: systemOf(facts),
      user: paragraphs(
        materialOf(facts, missing),
        there === '' ? '' : renderArticle([{ part: '1', heading: 'Headlines that are there', markdown: there }]),
        renderDefects(facts.defects),
        `Write ${missing} more headlines that none of those in <article> says already, without the listed defects.`,
      ),
    };
  },
};
