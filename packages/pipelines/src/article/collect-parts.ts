import type { DocumentPart } from '../quality/checked-document.ts';
import type { StepOutputs } from '../pipeline.ts';
import { DraftOutput, OutlineOutput, RefineOutput, ResearchOutput } from './outputs.ts';

/** The available parts of the article, with citations in the source numbers of the research. */
export interface CollectedArticle {
  title: string;
  /** The lead if present, then sections in the outline's order; missing parts are left out. */
  parts: DocumentPart[];
  research: ResearchOutput | undefined;
  outline: OutlineOutput | undefined;
  /** Undefined when the text comes from the drafts. */
  refined: RefineOutput | undefined;
}

/**
 * Collects the article's parts from the outputs of its steps: the refined text, else the drafts in the outline's order.
 * Undefined when no section has any text: a lead or an outline alone is of no use to a reader.
 */
export function collectParts(outputs: StepOutputs): CollectedArticle | undefined {
  const research = ResearchOutput.safeParse(outputs['research']).data;
  const outline = OutlineOutput.safeParse(outputs['outline']).data;
  const refined = RefineOutput.safeParse(outputs['refine']).data;
  const title = refined?.title ?? outline?.title ?? '';
  const parts = (refined ? refinedParts(refined, outline) : draftedParts(outputs, outline)).filter(
    ({ markdown }) => markdown.trim() !== '',
  );
  return parts.some(({ part }) => part !== 'lead') ? { title, parts, research, outline, refined } : undefined;
}

function refinedParts(refined: RefineOutput, outline: OutlineOutput | undefined): DocumentPart[] {
  const lead: DocumentPart = { part: 'lead', heading: '', markdown: refined.lead, ...wordBudget(outline?.leadWords) };
  return [
    lead,
    ...refined.sections.map(({ heading, markdown }, index) => {
      const position = outline?.sections.findIndex((section) => section.heading === heading) ?? -1;
      const number = position >= 0 ? position + 1 : index + 1;
      return { part: String(number), heading, markdown, ...wordBudget(outline?.sections[position]?.words) };
    }),
  ];
}

function draftedParts(outputs: StepOutputs, outline: OutlineOutput | undefined): DocumentPart[] {
  if (!outline) return [];
  const lead: DocumentPart = {
    part: 'lead',
    heading: '',
    markdown: draftMarkdown(outputs['draft-lead']),
    words: outline.leadWords,
  };
  return [
    lead,
    ...outline.sections.map(({ heading, words }, index) => ({
      part: String(index + 1),
      heading,
      markdown: draftMarkdown(outputs[`draft-${index + 1}`]),
      words,
    })),
  ];
}

const draftMarkdown = (output: unknown): string => DraftOutput.safeParse(output).data?.markdown ?? '';

const wordBudget = (words: number | undefined): { words?: number } => (words === undefined ? {} : { words });
