import type { ArticleInput } from '@pressroom/contracts';
import { planWords } from '@pressroom/pipelines';
import { renderBrief } from './brief.ts';
import { renderNotes, renderQuestions, renderRejections, renderRemarks, type Note } from './material.ts';
import { asList, MATERIAL_RULE, paragraphs, toneRule } from './rules.ts';
import type { Prompt } from './prompt.ts';

/** Decides title, sections, what each is for, which notes it uses and how long it is. */
export const outlinePrompt: Prompt<{
  input: ArticleInput;
  questions: readonly string[];
  notes: readonly Note[];
  contradictions: readonly string[];
  gaps: readonly string[];
  /** Why an editor rejected earlier outlines. */
  rejections?: readonly string[];
}> = {
  id: 'outline',
  version: '2',
  render: ({ input, questions, notes, contradictions, gaps, rejections = [] }) => {
    const plan = planWords(input);
    return {
      system: paragraphs(
        'You outline an article from research notes.',
        MATERIAL_RULE,
        asList([
          `Exactly ${plan.sections} ${plan.sections === 1 ? 'section' : 'sections'} in an order that leads the reader on. ` +
            'The lead is written separately: no section introduces or sums up.',
          'Headings say what their section tells; no two are alike, none is "Introduction" or "Conclusion".',
          notes.length > 0
            ? 'Each section names in `noteIds` the notes it uses, at least one; ' +
              (notes.length >= plan.sections ? 'no note is used twice; ' : '') +
              'notes that fit nowhere are left out.'
            : 'There are no notes: `noteIds` stays empty, and every section rests on well-established knowledge.',
          `\`words\` of all sections add up to ${plan.sectionWords}; a section gets more where it has more to say.`,
          '`purpose` is one sentence: what the reader knows after the section. `points` are 2 to 5 short lines in order.',
          'The title is specific, of at most 12 words, without a colon where one can be avoided.',
          'Where notes contradict each other, one section says so.',
          toneRule(input),
        ]),
        'Reply with JSON: {"title": "…", "sections": [{"heading": "…", "purpose": "…", "points": ["…"], "noteIds": ["n1"], "words": 200}]}.',
      ),
      user: paragraphs(
        renderBrief(input),
        renderQuestions(questions),
        renderNotes(notes),
        renderRemarks('contradictions between sources', contradictions),
        renderRemarks('questions without an answer', gaps),
        renderRejections(
          rejections,
          'The editor rejected earlier outlines of this article for the reasons in <rejection>, the latest last. Mend every ' +
            'one of them, as far as the rules above allow.',
        ),
        'Outline the article.',
      ),
    };
  },
};
