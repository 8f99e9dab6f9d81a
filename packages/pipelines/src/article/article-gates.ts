import { ARTICLE_LIMITS, type ArticleInput, type Gate } from '@pressroom/contracts';
import { z } from 'zod';
import type { PipelineGate, StepOutputs } from '../pipeline.ts';
import { collectParts } from './collect-parts.ts';
import { OutlineOutput, RefineOutput, ResearchOutput } from './outputs.ts';

const Line = z.string().trim().min(1).max(500);
const Words = z.int().min(1).max(ARTICLE_LIMITS.maxTargetWords);

/** An outline edited by a person: the shape of the agent's outline, within the limits of the task type. */
const EditedOutline = z.strictObject({
  title: Line,
  leadWords: Words,
  sections: z
    .array(
      z.strictObject({
        heading: Line,
        purpose: z.string().max(2_000),
        points: z.array(Line).max(20),
        noteIds: z.array(z.string()).max(100),
        words: Words,
      }),
    )
    .min(1)
    .max(ARTICLE_LIMITS.maxSections),
});

const Text = z.string().max(200_000);

/** The finished article edited by a person. Score, rounds and edit history remain those of the agent. */
const EditedArticle = z.strictObject({
  ...RefineOutput.shape,
  title: Line,
  lead: Text,
  sections: z
    .array(z.strictObject({ heading: Line, markdown: Text.min(1) }))
    .min(1)
    .max(ARTICLE_LIMITS.maxSections),
  metaDescription: z.string().max(1_000),
  keywords: z.array(Line).max(50),
});

/** `outline`: before the drafts start. `final`: before the article is delivered. */
export const articleGates: Partial<Record<Gate, PipelineGate<ArticleInput>>> = {
  outline: { step: 'outline', output: EditedOutline, validate: validateOutline },
  final: { step: 'refine', output: EditedArticle, validate: validateArticle },
};

/** Rejects unknown notes, which the drafts would silently ignore, and duplicate headings. */
function validateOutline(edited: Record<string, unknown>, _input: ArticleInput, outputs: StepOutputs): string[] {
  const { sections } = OutlineOutput.parse(edited);
  const notes = new Set(ResearchOutput.safeParse(outputs['research']).data?.notes.map(({ id }) => id));
  const headings = new Set<string>();
  return sections.flatMap(({ heading, noteIds }, index) => {
    const problems = noteIds
      .filter((id) => !notes.has(id))
      .map((id) => `sections[${index}].noteIds: the research has no note ${id.slice(0, 40)}`);
    if (headings.has(heading)) problems.push(`sections[${index}].heading: two sections have the same heading`);
    headings.add(heading);
    return problems;
  });
}

function validateArticle(edited: Record<string, unknown>, _input: ArticleInput, outputs: StepOutputs): string[] {
  return collectParts({ ...outputs, refine: edited }) === undefined ? ['sections: no section has any text'] : [];
}
