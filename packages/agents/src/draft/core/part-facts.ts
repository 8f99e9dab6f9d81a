import type { ArticleInput } from '@pressroom/contracts';
import type { OutlineOutput, ResearchOutput } from '@pressroom/pipelines';
import { LEAD_PURPOSE } from '../../prompts/draft-lead.ts';
import type { PartFacts } from '../../prompts/writer.ts';

/** The lead uses this many of the first notes of every section. */
const LEAD_NOTES_PER_SECTION = 2;

/**
 * Selects the prompt facts of one part: only its notes and the titles of their sources. A section without notes in the
 * outline may use all notes. Undefined when the outline has no such part.
 */
export function selectPartFacts(
  part: 'lead' | number,
  input: ArticleInput,
  outline: OutlineOutput,
  research: ResearchOutput,
): PartFacts | undefined {
  const section = part === 'lead' ? leadSection(outline) : outline.sections[part - 1];
  if (!section) return undefined;
  const wanted = new Set(section.noteIds);
  const own = research.notes.filter(({ id }) => wanted.has(id));
  const notes = own.length > 0 ? own : research.notes;
  const cited = new Set(notes.flatMap((note) => note.sources));
  return {
    input,
    outline,
    part: String(part),
    section: { ...section, noteIds: notes.map(({ id }) => id) },
    words: part === 'lead' ? outline.leadWords : section.words,
    notes,
    sources: research.sources.filter(({ id }) => cited.has(id)).map(({ id, title }) => ({ id, title })),
  };
}

function leadSection(outline: OutlineOutput): OutlineOutput['sections'][number] {
  return {
    heading: outline.title,
    purpose: LEAD_PURPOSE,
    points: outline.sections.map(({ purpose }) => purpose),
    noteIds: outline.sections.flatMap(({ noteIds }) => noteIds.slice(0, LEAD_NOTES_PER_SECTION)),
    words: outline.leadWords,
  };
}
