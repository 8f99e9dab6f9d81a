import { ResearchNotes, type ArticleInput } from '@pressroom/contracts';
import { measureGrounding, rewriteCitations, splitSentences } from '@pressroom/pipelines';
import { callModel } from '../calling/call-model.ts';
import { indexInSteps } from '../calling/index-in-steps.ts';
import { isCallSpecific, tryOptional } from '../calling/try-optional.ts';
import type { StepContext } from '../ports.ts';
import { outputTokens } from '../prompts/output-tokens.ts';
import { researchNotesPrompt } from '../prompts/research-notes.ts';
import { detectPromptInjection } from './core/detect-prompt-injection.ts';

export interface SourcePoints {
  id: number;
  title: string;
  points: readonly string[];
}

const WORDS_PER_NOTE = 45;
/** Words of contradictions and gaps. */
const REMARK_WORDS = 250;
/** Notes repeat points almost verbatim, so the threshold is higher than for sentences of an article. */
const MIN_COVERAGE = 0.5;

/**
 * Merges the points of all sources into notes `n1`, `n2`, …, each with its sources. Drops notes that are not grounded in the
 * points of their sources, so that one source cannot change the statements of another. If the merge fails, every point
 * becomes a note.
 */
export async function mergeNotes(
  context: StepContext,
  input: ArticleInput,
  questions: readonly string[],
  sources: readonly SourcePoints[],
): Promise<ResearchNotes> {
  const merged = await tryOptional(context, () => requestNotes(context, input, questions, sources), isCallSpecific);
  const grounded =
    merged.outcome === 'done' ? await filterGroundedClaims(merged.value, sources, input.topic) : undefined;
  if (merged.outcome === 'done' && grounded && grounded.length > 0) {
    const dropped = merged.value.notes.length - grounded.length;
    if (dropped > 0) context.log.info({ dropped }, 'notes.dropped');
    const remarks = (lines: readonly string[]): string[] => lines.filter((line) => !detectPromptInjection(line));
    return {
      notes: numbered(grounded),
      contradictions: remarks(merged.value.contradictions),
      gaps: remarks(merged.value.gaps),
    };
  }
  context.log.warn({ code: merged.outcome === 'failed' ? merged.error.code : 'OUTPUT_INVALID' }, 'notes.unmerged');
  return { notes: numbered(unmergedNotes(sources)), contradictions: [], gaps: [] };
}

async function requestNotes(
  context: StepContext,
  input: ArticleInput,
  questions: readonly string[],
  sources: readonly SourcePoints[],
): Promise<ResearchNotes> {
  const known = new Set(sources.map(({ id }) => id));
  const points = sources.reduce((total, source) => total + source.points.length, 0);
  return callModel(context, {
    path: 'notes',
    purpose: 'research-notes',
    prompt: researchNotesPrompt,
    facts: { input, questions, sources },
    schema: { name: 'research_notes', zod: ResearchNotes },
    accept: (reply) => validateNotes(reply, known),
    published: ({ notes }) => notes.map(({ text }) => text),
    maxOutputTokens: outputTokens(points * WORDS_PER_NOTE + REMARK_WORDS, input),
    temperature: 0,
  });
}

type Note = Pick<ResearchNotes['notes'][number], 'text' | 'sources'>;

/** Replaces the model's ids by `n1`, `n2`, …, which outline and drafts refer to. */
const numbered = (notes: readonly Note[]): ResearchNotes['notes'] =>
  notes.map(({ text, sources }, index) => ({
    id: `n${index + 1}`,
    text: rewriteCitations(text, () => undefined),
    sources: [...new Set(sources)],
  }));

async function filterGroundedClaims(
  { notes }: ResearchNotes,
  sources: readonly SourcePoints[],
  topic: string,
): Promise<Note[]> {
  const index = await indexInSteps(sources.map(({ id, title, points }) => ({ id, title, text: points.join('\n\n') })));
  return notes.flatMap(({ text, sources: own }) => {
    // Checks each sentence, so that an addition to a supported statement is detected.
    const statements = splitSentences(text).map((sentence) => sentence.text);
    const kept = statements.filter((statement) => {
      const support = measureGrounding(statement, own, index, topic);
      return support.isGrounded && support.coverage >= MIN_COVERAGE && !detectPromptInjection(statement);
    });
    return kept.length === 0 ? [] : [{ text: kept.join(' '), sources: own }];
  });
}

/** Turns every point into a note; identical points of several sources become one note. */
function unmergedNotes(sources: readonly SourcePoints[]): Note[] {
  const byText = new Map<string, Note>();
  for (const { id, points } of sources) {
    for (const text of points) {
      const known = byText.get(text);
      byText.set(text, { text, sources: [...(known?.sources ?? []), id] });
    }
  }
  return [...byText.values()];
}

/** Validates a reply: it has notes, and each has a text and known sources. */
export function validateNotes(reply: ResearchNotes, known: ReadonlySet<number>): string[] {
  if (reply.notes.length === 0) return ['there are no notes'];
  // Refers to notes by position, because ids are text of the model.
  return reply.notes.flatMap(({ text, sources }, index) => [
    ...(text.trim() === '' ? [`note ${index + 1} is empty`] : []),
    ...(sources.length === 0 ? [`note ${index + 1} names no source`] : []),
    ...sources
      .filter((source) => !known.has(source))
      .map((source) => `note ${index + 1} names source ${source}, which does not exist`),
  ]);
}
