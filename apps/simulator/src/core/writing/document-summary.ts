import type { DocumentSummary } from '@pressroom/contracts';
import { isAnaphoric, shortenSentence, tidySentence } from '../text/condense.ts';
import { keyPhrases } from '../text/key-phrases.ts';
import { rankTexts } from '../text/rank-sentences.ts';
import { isNearDuplicate } from '../text/similarity.ts';
import { contentStems, countWords, stripCitations } from '../text/words.ts';
import { applyAll } from './apply-advice.ts';
import { writeArticlePatch } from './article-patch.ts';
import { writeFrom } from './article-part.ts';
import { evidenceOf, type Evidence } from './evidence.ts';
import { leading } from './plain-prose.ts';
import { titleCase } from './title-of.ts';
import type { Writer, WritingContext } from './writer.ts';

const DEFAULT_WORDS = 120;
const MAX_POINT_WORDS = 24;

/** A summary of sources or notes with the requested words and key points, or a repair of the given one. */
export const writeDocumentSummary: Writer<DocumentSummary> = (context) => {
  const { prompt, random } = context;
  const facts = evidenceOf(prompt).filter((fact) => fact.sources.length > 0);
  const words = prompt.words ?? DEFAULT_WORDS;
  const advices = prompt.defects.map(({ advice }) => advice);
  const isRewritten = prompt.article.length === 0 || advices.some((advice) => /words where \d+/.test(advice));
  const markdown = isRewritten
    ? writeFrom(leading(facts, contentStems(prompt.attributes['topic'] ?? ''), words), prompt, words, random)
    : repair(context);
  const wanted = Number(prompt.attributes['points'] ?? 5);
  return {
    title: titleOf(facts),
    markdown: applyAll(markdown, advices),
    keyPoints: keyPointsOf(facts, wanted).map(({ text, sources }) => ({
      text: applyAll(text, advices),
      sources: [...sources],
    })),
  };
};

/** Applies a patch to the summary. */
function repair(context: WritingContext): string {
  const article = context.prompt.article.filter(({ part }) => part === '1');
  const { edits } = writeArticlePatch({ ...context, prompt: { ...context.prompt, article } });
  const text = article[0]?.markdown ?? '';
  return edits
    .reduce((current, { find, replace }) => current.replace(find, () => replace), text)
    .replace(/ {2,}/g, ' ')
    .trim();
}

/** The most informative statements in their shortest complete variant, without duplicates. */
function keyPointsOf(facts: readonly Evidence[], wanted: number): Evidence[] {
  const ranked = rankTexts(
    facts.map(({ text }) => text),
    new Set(),
  ).sort((left, right) => right.score - left.score);
  const chosen: { fact: Evidence; stems: Set<string> }[] = [];
  for (const { index, stems } of ranked) {
    const fact = facts[index];
    if (chosen.length >= wanted) break;
    if (!fact || isAnaphoric(fact.text) || chosen.some((other) => isNearDuplicate(other.stems, stems))) continue;
    chosen.push({ fact, stems });
  }
  return chosen.map(({ fact }) => {
    const variants = shortenSentence(tidySentence(stripCitations(fact.text)));
    const text = variants.find((variant) => countWords(variant) <= MAX_POINT_WORDS) ?? variants.at(-1) ?? fact.text;
    return { text, sources: fact.sources };
  });
}

function titleOf(facts: readonly Evidence[]): string {
  const phrases = keyPhrases(
    facts.map(({ text }) => text),
    2,
  ).map(({ text }) => titleCase(text));
  return phrases.length === 0 ? 'Summary' : phrases.join(' and ');
}
