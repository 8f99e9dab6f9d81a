import { ResearchNotes, type ArticleInput } from '@pressroom/contracts';
import { measureGrounding, rewriteCitations, splitSentences } from '@pressroom/pipelines';
import { callModel } from '../calling/call-model.ts';
import { indexInSteps } from '../calling/index-in-steps.ts';
import { isAboutTheCall, tryOptional } from '../calling/try-optional.ts';
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
/** Contradictions and gaps. */
const REMARK_WORDS = 250;
/** Notes are points in nearly the same words: more of a note must stand in them than of an article's sentence in a source. */
const LEAST_COVERAGE = 0.5;

/**
 * Merges the points of all sources into notes `n1`, `n2`, …, each with the sources it rests on. A note that the points of
 * its sources do not bear out is left out: no source gets a word into what another one says. Points that no model will
 * merge become notes as they are.
 */
export async function mergeNotes(
  context: StepContext,
  input: ArticleInput,
  questions: readonly string[],
  sources: readonly SourcePoints[],
): Promise<ResearchNotes> {
  const merged = await tryOptional(context, () => askForNotes(context, input, questions, sources), isAboutTheCall);
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
  return { notes: numbered(unmerged(sources)), contradictions: [], gaps: [] };
}

async function askForNotes(
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

/** Numbered here, whatever ids the model chose: outline and drafts name notes by them. */
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
    // Sentence by sentence: what was added to a statement must not hide behind it.
    const statements = splitSentences(text).map((sentence) => sentence.text);
    const kept = statements.filter((statement) => {
      const support = measureGrounding(statement, own, index, topic);
      return support.isGrounded && support.coverage >= LEAST_COVERAGE && !detectPromptInjection(statement);
    });
    return kept.length === 0 ? [] : [{ text: kept.join(' '), sources: own }];
  });
}

/** Every point a note of its own source; what several sources say in the same words is one note. */
function unmerged(sources: readonly SourcePoints[]): Note[] {
  const bySaying = new Map<string, Note>();
  for (const { id, points } of sources) {
    for (const text of points) {
      const known = bySaying.get(text);
      bySaying.set(text, { text, sources: [...(known?.sources ?? []), id] });
    }
  }
  return [...bySaying.values()];
}

/** Notes must exist, say something, and rest on sources that exist. */
export function validateNotes(reply: ResearchNotes, known: ReadonlySet<number>): string[] {
  if (reply.notes.length === 0) return ['there are no notes'];
  // By position: ids are the model's own text.
  return reply.notes.flatMap(({ text, sources }, index) => [
    ...(text.trim() === '' ? [`note ${index + 1} is empty`] : []),
    ...(sources.length === 0 ? [`note ${index + 1} names no source`] : []),
    ...sources
      .filter((source) => !known.has(source))
      .map((source) => `note ${index + 1} names source ${source}, which does not exist`),
  ]);
}
