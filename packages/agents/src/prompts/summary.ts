import type { SummaryInput } from '@pressroom/contracts';
import type { DocumentPart, SummaryPlan } from '@pressroom/pipelines';
import {
  renderArticle,
  renderDefects,
  renderNotes,
  renderSource,
  renderSourceTitles,
  type Note,
  type PromptDefect,
} from './material.ts';
import type { Prompt } from './prompt.ts';
import { asList, MATERIAL_RULE, paragraphs } from './rules.ts';
import { renderAssignment, renderRejected, voiceRules } from './voice.ts';

export interface SummaryFacts {
  input: Omit<SummaryInput, 'sources'>;
  plan: SummaryPlan;
  sources: readonly { id: number; title: string; text: string }[];
  /** Points taken from sources that are too long to be read at once; without any the texts themselves are given. */
  notes: readonly Note[];
  rejections: readonly string[];
}

export interface SummaryRepairFacts extends SummaryFacts {
  current: readonly DocumentPart[];
  defects: readonly PromptDefect[];
}

const systemOf = ({ input, plan, notes }: SummaryFacts): string =>
  paragraphs(
    'You summarise sources for a reader who will not read them.',
    MATERIAL_RULE,
    asList([
      `\`markdown\`: ${plan.targetWords} words, within 10 %, in paragraphs without headings. The most important statement comes first.`,
      `Everything rests on ${notes.length > 0 ? '<notes>' : 'the sources'}. Figures, names and dates unchanged; nothing added, nothing judged.`,
      'Cite after each statement, before the full stop, by the number of its source: [1] or [1][3]. Use no other numbers.',
      'Say what the sources say, not that they say it. Where they contradict each other, say so.',
      plan.keyPoints === 0
        ? '`keyPoints` stays empty.'
        : `\`keyPoints\`: at most ${plan.keyPoints}, the most important first, each one statement of at most 25 words that ` +
          'stands alone, with the numbers of its sources in `sources` and none in its text.',
      '`title`: at most 12 words, specific.',
      ...voiceRules(input, { language: 'Write in the language of the sources' }),
    ]),
    'Reply with JSON: {"title": "…", "markdown": "…", "keyPoints": [{"text": "…", "sources": [1]}]}.',
  );

const materialOf = ({ input, plan, sources, notes, rejections }: SummaryFacts): string =>
  paragraphs(
    renderAssignment(input, { topic: input.focus, words: plan.targetWords, points: plan.keyPoints }),
    ...(notes.length > 0
      ? [renderSourceTitles(sources), renderNotes(notes)]
      : sources.map((source) => renderSource(source, source.text))),
    renderRejected(rejections),
  );

/** Sums sources up, from their texts or from points taken from these. */
export const summaryPrompt: Prompt<SummaryFacts> = {
  id: 'summary',
  version: '1',
  render: (facts) => ({
    system: systemOf(facts),
    user: paragraphs(materialOf(facts), 'Summarise the sources.'),
  }),
};

/** Has the summary written again without its listed defects. */
export const summaryRepairPrompt: Prompt<SummaryRepairFacts> = {
  id: 'mend-summary',
  version: '1',
  render: (facts) => ({
    system: systemOf(facts),
    user: paragraphs(
      materialOf(facts),
      renderArticle(facts.current),
      renderDefects(facts.defects),
      'The summary in <article> (part 1; its key points are part 2) has the defects listed. Reply with the whole summary: ' +
        'these mended, the rest as it is.',
    ),
  }),
};
