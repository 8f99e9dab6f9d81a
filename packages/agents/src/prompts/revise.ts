import type { ArticleInput } from '@pressroom/contracts';
import type { DocumentPart } from '@pressroom/pipelines';
import { renderBrief } from './brief.ts';
import {
  renderArticle,
  renderDefects,
  renderNotes,
  renderRejections,
  renderSourceTitles,
  type Note,
  type PromptDefect,
} from './material.ts';
import { asList, MATERIAL_RULE, paragraphs, toneRule } from './rules.ts';
import type { Prompt } from './prompt.ts';

/** Mends listed defects by edits. It sees only the parts that have one: nothing else may change. */
export const revisePrompt: Prompt<{
  input: ArticleInput;
  parts: readonly DocumentPart[];
  defects: readonly PromptDefect[];
  notes: readonly Note[];
  sources: readonly { id: number; title: string }[];
  /** Why the editor-in-chief rejected earlier versions. */
  rejections?: readonly string[];
}> = {
  id: 'revise',
  version: '2',
  render: ({ input, parts, defects, notes, sources, rejections = [] }) => ({
    system: paragraphs(
      'You mend the listed defects of an article by small edits.',
      MATERIAL_RULE,
      asList([
        'An edit replaces `find` by `replace` in one part. `find` is copied character by character from that part and occurs ' +
          'there once: the faulty words and as little around them as it takes. An empty `replace` deletes.',
        'Mend what is listed and leave everything else as it is. Never reply with a whole part.',
        notes.length > 0
          ? 'What <notes> do not bear out is corrected by them or deleted. Cite by their source numbers, [1] or [1][3]; use no others.'
          : 'There are no notes: what is doubtful is deleted or said more carefully. Cite nothing.',
        'Keep the length of a part about as it is, unless the defect is its length.',
        toneRule(input),
      ]),
      'Reply with JSON: {"edits": [{"part": "2", "find": "…", "replace": "…"}]}.',
    ),
    user: paragraphs(
      renderBrief(input),
      renderSourceTitles(sources),
      renderNotes(notes),
      renderArticle(parts),
      renderDefects(defects),
      renderRejections(
        rejections,
        'An earlier version was rejected for the reasons in <rejection>: mend the defects so that none of them remains.',
      ),
      'Mend the defects.',
    ),
  }),
};
