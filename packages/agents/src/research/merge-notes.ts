import { ResearchNotes, type ArticleInput } from '@pressroom/contracts';
import { callModel } from '../calling/call-model.ts';
import type { StepContext } from '../ports.ts';
import { outputTokens } from '../prompts/output-tokens.ts';
import { researchNotesPrompt } from '../prompts/research-notes.ts';

export interface SourcePoints {
  id: number;
  title: string;
  points: readonly string[];
}

const WORDS_PER_NOTE = 45;
/** Contradictions and gaps. */
const REMARK_WORDS = 250;

/** Merges the points of all sources into notes `n1`, `n2`, …, each with the sources it rests on. */
export async function mergeNotes(
  context: StepContext,
  input: ArticleInput,
  questions: readonly string[],
  sources: readonly SourcePoints[],
): Promise<ResearchNotes> {
  const known = new Set(sources.map(({ id }) => id));
  const points = sources.reduce((total, source) => total + source.points.length, 0);
  const merged = await callModel(context, {
    path: 'notes',
    purpose: 'research-notes',
    prompt: researchNotesPrompt,
    facts: { input, questions, sources },
    schema: { name: 'research_notes', zod: ResearchNotes },
    accept: (reply) => problemsOfNotes(reply, known),
    maxOutputTokens: outputTokens(points * WORDS_PER_NOTE + REMARK_WORDS, input),
    temperature: 0,
  });
  // Numbered here, whatever ids the model chose: outline and drafts name notes by them.
  const notes = merged.notes.map((note, index) => ({
    ...note,
    id: `n${index + 1}`,
    sources: [...new Set(note.sources)],
  }));
  return { ...merged, notes };
}

/** Notes must exist, say something, and rest on sources that exist. */
export function problemsOfNotes(reply: ResearchNotes, known: ReadonlySet<number>): string[] {
  if (reply.notes.length === 0) return ['there are no notes'];
  return reply.notes.flatMap(({ id, text, sources }) => [
    ...(text.trim() === '' ? [`note ${id} is empty`] : []),
    ...(sources.length === 0 ? [`note ${id} names no source`] : []),
    ...sources
      .filter((source) => !known.has(source))
      .map((source) => `note ${id} names source ${source}, which does not exist`),
  ]);
}
