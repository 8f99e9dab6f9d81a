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
import { extractUrls, escapeMarkup } from '../draft/core/escape-markup.ts';
import { critiquePrompt, MAX_DEFECTS } from '../prompts/critique.ts';
import type { Note, PromptDefect } from '../prompts/material.ts';
import { outputTokens } from '../prompts/output-tokens.ts';
import { revisePrompt } from '../prompts/revise.ts';
import { collectDefects, normalisePart } from './core/collect-defects.ts';
import { locateQuote } from './core/locate-quote.ts';

/** Input that is the same in all rounds. */
export interface RefineMaterial {
  input: ArticleInput;
  outline: OutlineOutput;
  research: ResearchOutput;
  /** Reasons given for rejecting earlier versions; empty without a rejection. */
  rejections: readonly string[];
}

/** Mean score from which an article without errors needs no revision. */
const GOOD_ENOUGH_SCORE = 4.5;
/** Defects that are not repaired when the score is good enough. All others are repaired at any score. */
const OPTIONAL_DEFECTS: ReadonlySet<string> = new Set<PromptDefect['kind']>([
  'style',
  'clarity',
  'length',
  'repetition',
]);
/** Words of a defect with quote and advice, and of an edit with its two texts. */
const WORDS_PER_DEFECT = 60;
const WORDS_PER_EDIT = 80;

export interface Critique {
  score: number;
  defects: PromptDefect[];
  /** The article needs no further revision. */
  isGoodEnough: boolean;
}

/** Scores the article and lists its defects, including the findings of the quality checks. */
export async function critiqueArticle(
  context: StepContext,
  material: RefineMaterial,
  round: number,
  parts: readonly DocumentPart[],
  report: QualityReport,
): Promise<Critique> {
  const { input, outline, research, rejections } = material;
  const critique = await callModel(context, {
    path: `critique/${round}`,
    purpose: 'critique',
    prompt: critiquePrompt,
    facts: { input, outline, parts, notes: research.notes, sources: research.sources, rejections },
    schema: { name: 'article_critique', zod: ArticleCritique },
    accept: ({ scores }) =>
      Object.values(scores)
        .filter((score) => score < 1 || score > 5)
        .map((score) => `${score} is not a score from 1 to 5`),
    maxOutputTokens: outputTokens(MAX_DEFECTS * WORDS_PER_DEFECT, input),
    temperature: 0,
  });
  const scores = Object.values(critique.scores);
  const score = scores.reduce((total, each) => total + each, 0) / scores.length;
  const defects = collectDefects(report.findings, critique.defects, parts);
  const isSound = report.errors === 0 && defects.every(({ kind }) => OPTIONAL_DEFECTS.has(kind));
  // A rejected article is never good enough, at any score.
  const isAcceptable = score >= GOOD_ENOUGH_SCORE && isSound && rejections.length === 0;
  return { score, defects, isGoodEnough: defects.length === 0 || isAcceptable };
}

/**
 * Requests an edit list that repairs the defects and applies its safe edits. The prompt contains only parts with a defect,
 * and only these can be edited.
 */
export async function reviseArticle(
  context: StepContext,
  material: RefineMaterial,
  round: number,
  parts: readonly DocumentPart[],
  defects: readonly PromptDefect[],
): Promise<{ parts: DocumentPart[]; edits: Edit[] }> {
  const { input, outline, research, rejections } = material;
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
  const allowed = extractUrls(input);
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

/** Notes of the affected sections; all notes if the lead is affected, because it covers the whole article. */
function notesOf(affected: ReadonlySet<string>, outline: OutlineOutput, notes: readonly Note[]): readonly Note[] {
  if (affected.has('lead')) return notes;
  const wanted = new Set([...affected].flatMap((part) => outline.sections[Number(part) - 1]?.noteIds ?? []));
  const own = notes.filter(({ id }) => wanted.has(id));
  return own.length > 0 ? own : notes;
}
