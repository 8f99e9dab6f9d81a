import type { BriefData, BriefInput, Limitation } from '@pressroom/contracts';
import { ResearchOutput } from '../article/outputs.ts';
import { planWords } from '../article/word-plan.ts';
import { buildDocument } from '../document/build-document.ts';
import { bulletList, citations, escapeMarkdown as escape } from '../document/escape-markdown.ts';
import type { Assembled, StepOutputs } from '../pipeline.ts';
import { BriefOutput } from './brief-output.ts';

/** Builds the brief's document. A section's points cite the sources of its notes. */
export function assembleBrief(input: BriefInput, outputs: StepOutputs): Assembled<BriefData> {
  const brief = BriefOutput.safeParse(outputs['brief']).data;
  if (!brief || brief.sections.length === 0) return { document: undefined, limitations: [] };
  const research = ResearchOutput.safeParse(outputs['research']).data;
  const sourcesOf = new Map(research?.notes.map(({ id, sources }) => [id, sources]));
  const sections = brief.sections.map((section) => ({
    ...section,
    sources: [...new Set(section.noteIds.flatMap((id) => sourcesOf.get(id) ?? []))].sort((a, b) => a - b),
  }));
  const keywords = joinKeywords(input.keywords ?? [], brief.keywords);
  const risks = [...brief.risks, ...(research?.contradictions ?? [])];
  const gaps = research?.gaps ?? [];
  const questions = research?.questions ?? [];
  const { targetWords } = planWords(input);
  const list = (items: readonly string[]): string => bulletList(items.map(escape));
  const built = buildDocument<BriefData>({
    title: brief.title.trim() === '' ? input.topic : brief.title,
    lead: escape(brief.angle),
    sections: [
      { heading: 'Audience', markdown: escape(brief.audience) },
      { heading: 'Goal', markdown: escape(input.goal ?? '') },
      { heading: 'Questions to answer', markdown: list(questions) },
      { heading: `Outline (${targetWords} words)`, markdown: sections.map(renderSection).join('\n\n') },
      { heading: 'Keywords', markdown: list(keywords) },
      { heading: 'Risks', markdown: list(risks) },
      { heading: 'Gaps', markdown: list(gaps) },
    ],
    sources: research?.sources ?? [],
    keywords,
    rounds: brief.rounds,
    data: (shown) => ({
      angle: brief.angle,
      audience: brief.audience,
      ...(input.goal !== undefined && { goal: input.goal }),
      questions,
      sections: sections.map(({ heading, purpose, points, words, sources }) => ({
        heading,
        purpose,
        points,
        words,
        sources: sources.flatMap((id) => shown(id) ?? []).sort((a, b) => a - b),
      })),
      keywords,
      risks,
      gaps,
      targetWords,
    }),
  });
  return { document: built.document, limitations: limitationsOf(input, built.cited) };
}

function renderSection(
  section: BriefOutput['sections'][number] & { sources: readonly number[] },
  index: number,
): string {
  const heading = `### ${index + 1}. ${escape(section.heading)} (${section.words} words)`;
  const purpose = `${escape(section.purpose)} ${citations(section.sources)}`.trim();
  return [heading, purpose, bulletList(section.points.map(escape))].filter((block) => block !== '').join('\n\n');
}

/** The user's keywords come first and are always included. */
function joinKeywords(given: readonly string[], found: readonly string[]): string[] {
  const known = new Set<string>();
  return [...given, ...found].filter((keyword) => {
    const key = keyword.trim().toLocaleLowerCase();
    if (key === '' || known.has(key)) return false;
    known.add(key);
    return true;
  });
}

function limitationsOf(input: BriefInput, cited: number): Limitation[] {
  if (cited > 0) return [];
  const message =
    (input.sources?.length ?? 0) > 0
      ? 'The brief uses none of its sources.'
      : 'No sources were given: the brief rests on general knowledge.';
  return [{ code: 'CITATION_MISSING', message }];
}
