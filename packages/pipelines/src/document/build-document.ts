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
  /** Sources that the texts may cite; citations `[n]` refer to `id`. */
  sources?: ResearchOutput['sources'];
  keywords?: readonly string[];
  /** Word count of the document; by default the words of lead and sections. */
  wordCount?: number;
  rounds: number;
  /** Called after renumbering: `shown` maps a source id to its number in the document, undefined when it is not cited. */
  data: (shown: (id: number) => number | undefined, renumber: (markdown: string) => string) => Data;
}

export interface BuiltDocument<Data> {
  document: TaskDocument<Data>;
  /** Cited numbers without a source; they are removed from the document. */
  dropped: number[];
  /** Number of cited sources. */
  cited: number;
}

/** Builds a document: numbers sources by first appearance, lists the cited ones, renders Markdown, description and data. */
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
