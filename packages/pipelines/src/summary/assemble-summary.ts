import type { Limitation, SummaryData, SummaryInput } from '@pressroom/contracts';
import { ResearchOutput } from '../article/outputs.ts';
import { buildDocument } from '../document/build-document.ts';
import { bulletList, citations, escapeMarkdown } from '../document/escape-markdown.ts';
import type { Assembled, StepOutputs } from '../pipeline.ts';
import { SummaryOutput } from './summary-output.ts';
import { planSummary } from './summary-words.ts';

/** Builds the summary's document: text, key points and cited sources. */
export function assembleSummary(input: SummaryInput, outputs: StepOutputs): Assembled<SummaryData> {
  const summary = SummaryOutput.safeParse(outputs['summary']).data;
  if (!summary || summary.markdown.trim() === '') return { document: undefined, limitations: [] };
  const sources = ResearchOutput.safeParse(outputs['read']).data?.sources ?? [];
  const { targetWords, sourceWords } = planSummary(input, sources);
  const { keyPoints } = summary;
  const built = buildDocument<SummaryData>({
    title: summary.title.trim() === '' ? (input.focus ?? sources[0]?.title ?? 'Summary') : summary.title,
    lead: summary.markdown,
    sections: [
      {
        heading: 'Key points',
        markdown: bulletList(
          keyPoints.map(({ text, sources: ids }) => `${escapeMarkdown(text)} ${citations(ids)}`.trim()),
        ),
      },
    ],
    sources,
    keywords: input.keywords ?? [],
    rounds: summary.rounds,
    data: (shown, renumber) => ({
      summary: renumber(summary.markdown).trim(),
      keyPoints: keyPoints.map(({ text, sources: ids }) => ({
        text,
        sources: ids.flatMap((id) => shown(id) ?? []).sort((a, b) => a - b),
      })),
      targetWords,
      sourceWords,
    }),
  });
  return { document: built.document, limitations: limitationsOf(built) };
}

function limitationsOf({ dropped, cited }: { dropped: number[]; cited: number }): Limitation[] {
  if (dropped.length > 0) {
    return [{ code: 'CITATION_MISSING', message: `Citations of unknown sources were removed: ${dropped.join(', ')}.` }];
  }
  return cited === 0 ? [{ code: 'CITATION_MISSING', message: 'The summary cites none of its sources.' }] : [];
}
