import type { BriefInput } from '@pressroom/contracts';
import type { DocumentPart, WordPlan } from '@pressroom/pipelines';
import {
  renderArticle,
  renderDefects,
  renderNotes,
  renderQuestions,
  renderRemarks,
  type Note,
  type PromptDefect,
} from './material.ts';
import type { Prompt } from './prompt.ts';
import { asList, languageRule, MATERIAL_RULE, paragraphs } from './rules.ts';
import { renderAssignment, renderRejected } from './voice.ts';

const MAX_RISKS = 6;
export const MAX_SEARCH_TERMS = 12;

export interface ContentBriefFacts {
  input: BriefInput;
  plan: WordPlan;
  questions: readonly string[];
  notes: readonly Note[];
  contradictions: readonly string[];
  gaps: readonly string[];
  rejections: readonly string[];
}

export interface ContentBriefRepairFacts extends ContentBriefFacts {
  current: readonly DocumentPart[];
  defects: readonly PromptDefect[];
}

const systemOf = ({ input, plan, notes }: ContentBriefFacts): string =>
  paragraphs(
    'You write content briefs: what a writer needs to know before writing a text.',
    MATERIAL_RULE,
    asList([
      '`angle`: in two sentences, what this text says that others do not, and why its audience should care.',
      '`readers`: who they are, what they know already, what they want to know; from the audience in <brief>.',
      `Exactly ${plan.sections} ${plan.sections === 1 ? 'section' : 'sections'} in an order that leads the reader on; headings say what their section tells.`,
      notes.length > 0
        ? 'Each section names in `noteIds` the notes it can rest on, at least one.'
        : 'There are no notes: `noteIds` stays empty.',
      '`purpose` is one sentence: what the reader knows after the section. `points` are 2 to 5 short lines in order.',
      `\`words\` of all sections add up to ${plan.targetWords}.`,
      `\`searchTerms\`: 5 to ${MAX_SEARCH_TERMS} terms that readers would search by; the keywords of <brief> first.`,
      `\`risks\`: at most ${MAX_RISKS} lines on what could go wrong: claims to check, contradictions, sensitivities, what dates quickly.`,
      'Figures, names and dates as the notes have them; none of your own.',
      languageRule(input),
      ...(input.styleGuide === undefined ? [] : ['The style guide in <brief> holds for headings and points too.']),
    ]),
    'Reply with JSON: {"title": "…", "angle": "…", "readers": "…", "sections": [{"heading": "…", "purpose": "…", ' +
      '"points": ["…"], "noteIds": ["n1"], "words": 200}], "searchTerms": ["…"], "risks": ["…"]}.',
  );

const materialOf = ({ input, plan, questions, notes, contradictions, gaps, rejections }: ContentBriefFacts): string =>
  paragraphs(
    renderAssignment(
      input,
      { topic: input.topic, words: plan.targetWords, sections: plan.sections },
      input.goal === undefined ? [] : [`Goal: ${input.goal}`],
    ),
    renderQuestions(questions),
    renderNotes(notes),
    renderRemarks('contradictions between sources', contradictions),
    renderRemarks('questions without an answer', gaps),
    renderRejected(rejections),
  );

/** Decides angle, outline and what to look out for. */
export const contentBriefPrompt: Prompt<ContentBriefFacts> = {
  id: 'content-brief',
  version: '1',
  render: (facts) => ({
    system: systemOf(facts),
    user: paragraphs(materialOf(facts), 'Write the content brief.'),
  }),
};

/** Has the brief written again without its listed defects. */
export const contentBriefRepairPrompt: Prompt<ContentBriefRepairFacts> = {
  id: 'mend-content-brief',
  version: '1',
  render: (facts) => ({
    system: systemOf(facts),
    user: paragraphs(
      materialOf(facts),
      renderArticle(facts.current),
      renderDefects(facts.defects),
      'The content brief in <article> has the defects listed. Reply with the whole brief: these mended, the rest as it is.',
    ),
  }),
};
