import { ArticleCritique, ArticlePatch, type ArticleInput } from '@pressroom/contracts';
import {
  applyEdits,
  type DocumentPart,
  type QualityReport,
  type Edit,
  type OutlineOutput,
  type ResearchOutput,
} from '@pressroom/pipelines';
import { callModel } from '../calling/call-model.ts';
import type { StepContext } from '../ports.ts';
import { addressesIn, escapeMarkup } from '../draft/core/escape-markup.ts';
import { critiquePrompt, MOST_DEFECTS } from '../prompts/critique.ts';
import type { Note, PromptDefect } from '../prompts/material.ts';
import { outputTokens } from '../prompts/output-tokens.ts';
import { revisePrompt } from '../prompts/revise.ts';
import { collectDefects, normalisePart } from './core/collect-defects.ts';
import { locateQuote } from './core/locate-quote.ts';

/** What stays the same over all rounds. */
export interface RefineMatter {
  input: ArticleInput;
  outline: OutlineOutput;
  research: ResearchOutput;
  /** Why people rejected earlier versions; empty when nobody has. */
  rejections: readonly string[];
}

/** A mean score from which an article that keeps its contract is left alone. */
const GOOD_ENOUGH = 4.5;
/** What an article may keep when it is good enough: matters of taste. Anything else is mended whatever the score. */
const MATTERS_OF_TASTE: ReadonlySet<string> = new Set<PromptDefect['kind']>([
  'style',
  'clarity',
  'length',
  'repetition',
]);
/** A located defect with its quote and advice, and an edit with what it finds and puts there. */
const WORDS_PER_DEFECT = 60;
const WORDS_PER_EDIT = 80;

export interface Critique {
  score: number;
  defects: PromptDefect[];
  /** Nothing is worth another change. */
  isGoodEnough: boolean;
}

/** Has the article scored and its defects listed, together with those that the contract has found. */
export async function critiqueArticle(
  context: StepContext,
  matter: RefineMatter,
  round: number,
  parts: readonly DocumentPart[],
  report: QualityReport,
): Promise<Critique> {
  const { input, outline, research, rejections } = matter;
  const critique = await callModel(context, {
    path: `critique/${round}`,
    purpose: 'critique',
    prompt: critiquePrompt,
    facts: { input, outline, parts, notes: research.notes, sources: research.sources, rejections },
    schema: { name: 'article_critique', zod: ArticleCritique },
    accept: ({ scores }) =>
      Object.values(scores)
        .filter((score) => score < 1 || score > 5)
        .map((score) => `${score} is no score`),
    maxOutputTokens: outputTokens(MOST_DEFECTS * WORDS_PER_DEFECT, input),
    temperature: 0,
  });
  const scores = Object.values(critique.scores);
  const score = scores.reduce((total, each) => total + each, 0) / scores.length;
  const defects = collectDefects(report.findings, critique.defects, parts);
  const isSound = report.errors === 0 && defects.every(({ kind }) => MATTERS_OF_TASTE.has(kind));
  // What a person has rejected is not good enough, however well a model thinks of it.
  const isPraised = score >= GOOD_ENOUGH && isSound && rejections.length === 0;
  return { score, defects, isGoodEnough: defects.length === 0 || isPraised };
}

/**
 * Has the defects mended by an edit list and applies what is safe of it. Parts without a defect are not even shown, and
 * no edit can reach them.
 */
export async function reviseArticle(
  context: StepContext,
  matter: RefineMatter,
  round: number,
  parts: readonly DocumentPart[],
  defects: readonly PromptDefect[],
): Promise<{ parts: DocumentPart[]; edits: Edit[] }> {
  const { input, outline, research, rejections } = matter;
  const affected = new Set(defects.map(({ part }) => part));
  const notes = notesOf(affected, outline, research.notes);
  const cited = new Set(notes.flatMap((note) => note.sources));
  const patch = await callModel(context, {
    path: `revise/${round}`,
    purpose: 'revise',
    prompt: revisePrompt,
    facts: {
      input,
      parts: parts.filter(({ part }) => affected.has(part)),
      defects,
      notes,
      sources: research.sources.filter(({ id }) => cited.has(id)),
      rejections,
    },
    schema: { name: 'article_patch', zod: ArticlePatch },
    published: ({ edits }) => edits.map(({ replace }) => replace),
    maxOutputTokens: outputTokens(defects.length * WORDS_PER_EDIT, input),
    temperature: 0,
  });
  const allowed = addressesIn(input);
  const located = patch.edits.map((edit) => {
    const part = normalisePart(edit.part);
    const text = parts.find((each) => each.part === part)?.markdown ?? '';
    return { part, find: locateQuote(text, edit.find) ?? edit.find, replace: escapeMarkup(edit.replace, allowed) };
  });
  const allow = { parts: affected, sources: new Set(research.sources.map(({ id }) => id)) };
  const patched = applyEdits(parts, located, allow);
  context.log.info(
    { round, applied: patched.applied.length, rejected: patched.rejected.map(({ reason }) => reason) },
    'edits.applied',
  );
  return { parts: patched.parts, edits: patched.applied };
}

/** Notes of the sections at hand; all of them where the lead is among these, for it may speak of anything. */
function notesOf(affected: ReadonlySet<string>, outline: OutlineOutput, notes: readonly Note[]): readonly Note[] {
  if (affected.has('lead')) return notes;
  const wanted = new Set([...affected].flatMap((part) => outline.sections[Number(part) - 1]?.noteIds ?? []));
  const own = notes.filter(({ id }) => wanted.has(id));
  return own.length > 0 ? own : notes;
}
