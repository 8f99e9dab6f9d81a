import { fence } from '@pressroom/contracts';
import type { DocumentPart, OutlineOutput, ResearchOutput } from '@pressroom/pipelines';

/*
 * The materials of a prompt in their agreed markup. Whatever was fetched, or made by a model from what was fetched, only
 * gets into a prompt through these.
 */

export type Note = ResearchOutput['notes'][number];
export type OutlineSection = OutlineOutput['sections'][number];

export const renderQuestions = (questions: readonly string[]): string =>
  fence('questions', questions.map(singleLine).join('\n'));

/** One source with its text, or with the points taken from it, one a line. */
export const renderSource = (source: { id: number; title: string }, text: string): string =>
  fence('source', text, { id: source.id, title: source.title });

/** Sources by number and title only: what a writer needs to name them. */
export const renderSourceTitles = (sources: readonly { id: number; title: string }[]): string =>
  sources.map((source) => renderSource(source, '')).join('\n');

/** Lines `n1 [1,3] text`; nothing at all without notes. */
export const renderNotes = (notes: readonly Note[]): string =>
  notes.length === 0
    ? ''
    : fence(
        'notes',
        notes.map(({ id, sources, text }) => `${id} [${sources.join(',')}] ${singleLine(text)}`).join('\n'),
      );

/** Lines `1. Heading (words: 180; notes: n1 n2) purpose`. */
export const renderOutline = (outline: OutlineOutput): string =>
  fence(
    'outline',
    outline.sections
      .map(({ heading, words, noteIds, purpose }, index) => {
        const facts = `words: ${words}; notes: ${noteIds.join(' ') || 'none'}`;
        return `${index + 1}. ${singleLine(heading)} (${facts}) ${singleLine(purpose)}`;
      })
      .join('\n'),
    { title: outline.title },
  );

/** What the research has to say about itself, one remark a line; nothing at all without remarks. */
export const renderRemarks = (title: string, remarks: readonly string[]): string =>
  remarks.length === 0 ? '' : fence('reference', remarks.map(singleLine).join('\n'), { title });

/**
 * What an editor has said against the version before, one reason a line; nothing at all without reasons. Unlike other
 * fences it holds wishes to fulfil: the sentence behind it says so.
 */
export const renderRejections = (reasons: readonly string[], heed: string): string =>
  reasons.length === 0 ? '' : `${fence('rejection', reasons.map(singleLine).join('\n'))}\n\n${heed}`;

/** The part that is to be written: `lead` or a section. */
export function renderSection(
  part: string,
  section: Pick<OutlineSection, 'heading' | 'purpose' | 'points' | 'noteIds'>,
  words: number,
): string {
  const body = [singleLine(section.purpose), ...section.points.map((point) => `- ${singleLine(point)}`)];
  return fence('section', body.join('\n'), {
    number: part,
    heading: section.heading,
    words,
    notes: section.noteIds.join(' '),
  });
}

/** Parts behind their marks, `[part lead]` and `[part 2] ## Heading`. */
export const renderArticle = (parts: readonly DocumentPart[]): string =>
  fence(
    'article',
    parts
      .map(
        ({ part, heading, markdown }) =>
          `[part ${part}]${part === 'lead' ? '' : ` ## ${singleLine(heading)}`}\n${markdown}`,
      )
      .join('\n\n'),
  );

export interface PromptDefect {
  kind: string;
  part: string;
  quote: string;
  advice: string;
}

/** Lines `kind | part | "quote" | advice`. */
export const renderDefects = (defects: readonly PromptDefect[]): string =>
  fence(
    'defects',
    defects
      .map(({ kind, part, quote, advice }) => `${kind} | ${part} | "${singleLine(quote)}" | ${singleLine(advice)}`)
      .join('\n'),
  );

export const singleLine = (text: string): string => text.replace(/\s+/g, ' ').trim();
