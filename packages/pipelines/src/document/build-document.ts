import type { CitedSource } from '@pressroom/contracts';
import type { ResearchOutput } from '../article/outputs.ts';
import { fallbackDescription } from '../article/fallback-metadata.ts';
import { renderMarkdown } from '../article/render-markdown.ts';
import { renumberCitations } from '../article/renumber.ts';
import type { TaskDocument } from '../pipeline.ts';
import { citedIds, rewriteCitations } from '../text/citations.ts';
import { countWords } from '../text/count-words.ts';

export interface DocumentParts<Data> {
  title: string;
  lead: string;
  sections: readonly { heading: string; markdown: string }[];
  /** What texts may cite, in the numbers they cite it by. */
  sources?: ResearchOutput['sources'];
  keywords?: readonly string[];
  /** Words that count; those of lead and sections unless said otherwise. */
  wordCount?: number;
  rounds: number;
  /** Made when numbers are known: `shown` gives the document's number of a source, undefined when nothing cites it. */
  data: (shown: (id: number) => number | undefined, renumber: (markdown: string) => string) => Data;
}

export interface BuiltDocument<Data> {
  document: TaskDocument<Data>;
  /** Numbers that texts cite and no source has; they are gone from the document. */
  dropped: number[];
  /** How many sources it cites. */
  cited: number;
}

/** Puts a document together: sources numbered by first appearance, the cited ones listed, Markdown, description, data. */
export function buildDocument<Data>(parts: DocumentParts<Data>): BuiltDocument<Data> {
  const known = parts.sources ?? [];
  const texts = [parts.lead, ...parts.sections.map(({ markdown }) => markdown)];
  const { texts: renumbered, order, dropped } = renumberCitations(texts, new Set(known.map(({ id }) => id)));
  const [lead = '', ...bodies] = renumbered.map((text) => text.trim());
  const sections = parts.sections
    .map(({ heading }, index) => {
      const markdown = bodies[index] ?? '';
      return { heading, markdown, citations: citedIds(markdown).sort((a, b) => a - b) };
    })
    .filter(({ markdown }) => markdown !== '');
  const sources = order.flatMap((id, index) => citedSource(known, id, index + 1));
  const shown = new Map(order.map((id, index) => [id, index + 1]));
  const title = parts.title.replace(/\s+/g, ' ').trim();
  const opening = lead === '' ? (sections[0]?.markdown ?? '') : lead;
  return {
    document: {
      title,
      metaDescription: fallbackDescription(opening),
      keywords: [...(parts.keywords ?? [])],
      lead,
      markdown: renderMarkdown({ title, lead, sections, sources }),
      sections,
      sources,
      wordCount: parts.wordCount ?? [lead, ...bodies].reduce((total, text) => total + countWords(text), 0),
      quality: { score: null, rounds: parts.rounds },
      data: parts.data(
        (id) => shown.get(id),
        (markdown) => rewriteCitations(markdown, (id) => shown.get(id)),
      ),
    },
    dropped,
    cited: order.length,
  };
}

function citedSource(known: ResearchOutput['sources'], wanted: number, id: number): CitedSource[] {
  const source = known.find((each) => each.id === wanted);
  if (!source) return [];
  const { title, url, accessedAt } = source;
  return [{ id, title, ...(url !== undefined && { url }), ...(accessedAt !== undefined && { accessedAt }) }];
}
