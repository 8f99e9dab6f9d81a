import type { ArticleJudgement } from '@pressroom/contracts';
import { rankTexts } from '../text/rank-sentences.ts';
import { containment, isNearDuplicate } from '../text/similarity.ts';
import { splitSentences, type Sentence } from '../text/split-sentences.ts';
import { citationsOf, contentStems, countWords, numbersOf } from '../text/words.ts';
import type { ParsedPrompt } from '../prompt/parsed-prompt.ts';
import { evidenceOf, indexEvidence, meaningOf } from './evidence.ts';
import type { Writer } from './writer.ts';

type Verdict = ArticleJudgement['interest'];

/** How many of the sources' main statements an article should contain: one per this number of words. */
const WORDS_PER_KEY_FACT = 30;
const SUPPORTED = 0.5;

/** Judges an article by measurable properties: concrete sentences, order, support and the sources' main facts. */
export const writeArticleJudgement: Writer<ArticleJudgement> = ({ prompt }) => {
  const sentences = prompt.article.flatMap((part) => splitSentences(part.markdown));
  const count = Math.max(1, sentences.length);
  const evidence = evidenceOf(prompt);
  const index = indexEvidence(evidence, `${prompt.topic} ${prompt.article.map((part) => part.heading).join(' ')}`);
  const supports = sentences.map((sentence) => index.supportOf(sentence.text));
  const unsupported = index.size === 0 ? 0 : supports.filter(({ share }) => share < SUPPORTED).length / count;
  const misstated =
    index.size === 0 ? 0 : supports.filter(({ unknownFigures }) => unknownFigures.length > 0).length / count;
  const repeated = repeatedShare(sentences);
  const concrete = sentences.filter((sentence) => isConcrete(sentence.text)).length / count;
  const framing = sentences.filter((sentence) => meaningOf(sentence.text).size < 4).length / count;
  const uncited = sentences.filter((sentence) => citationsOf(sentence.text).length === 0).length / count;
  const usedFacts = keyFactsUsed(prompt, sentences);
  const sections = prompt.article.filter((part) => part.part !== 'lead').length;
  return {
    interest: verdict(
      `${percent(concrete)} of the sentences name a person or give a figure, ${percent(framing)} only lead on.`,
      2 + 2.8 * concrete - 4 * framing - 3 * repeated,
    ),
    organisation: verdict(
      `${sections} sections, ${percent(repeated)} of the sentences repeat another.`,
      4.7 - 8 * repeated - (sections < 2 ? 1.5 : 0) - (hasLead(prompt) ? 0 : 1),
    ),
    relevance: verdict(
      `${percent(unsupported)} of the sentences have nothing to do with the sources.`,
      4.8 - 9 * unsupported,
    ),
    coverage: verdict(
      `${percent(usedFacts)} of the main facts are used; ${percent(misstated)} of the sentences hold figures of their own, ${percent(uncited)} cite nothing.`,
      1.2 + 4.2 * usedFacts - 10 * misstated - 3 * uncited,
    ),
  };
};

const verdict = (reason: string, score: number): Verdict => ({
  reason,
  score: Math.round(Math.max(1, Math.min(5, score))),
});
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const hasLead = (prompt: ParsedPrompt): boolean => prompt.article.some((part) => part.part === 'lead');
const isConcrete = (text: string): boolean => numbersOf(text).size > 0 || /\s\p{Lu}\p{L}{2,}/u.test(text);

/** Share of sentences that repeat an earlier one; a lead may anticipate what follows. */
function repeatedShare(sentences: readonly Sentence[]): number {
  const earlier: Set<string>[] = [];
  let repeated = 0;
  for (const sentence of sentences) {
    const meaning = meaningOf(sentence.text);
    if (meaning.size >= 5 && earlier.some((other) => isNearDuplicate(other, meaning))) repeated += 1;
    earlier.push(meaning);
  }
  return repeated / Math.max(1, sentences.length);
}

/** Share of the sources' main statements that the article contains, limited by its length. */
function keyFactsUsed(prompt: ParsedPrompt, sentences: readonly Sentence[]): number {
  const statements = [...prompt.sources, ...prompt.references].flatMap((source) =>
    splitSentences(source.text).map((sentence) => sentence.text),
  );
  if (statements.length === 0) return 0.7;
  const words = sentences.reduce((sum, sentence) => sum + countWords(sentence.text), 0);
  const weightiest = rankTexts(statements, contentStems(prompt.topic))
    .sort((left, right) => right.score - left.score)
    .slice(0, Math.max(4, Math.ceil(words / WORDS_PER_KEY_FACT)));
  const own = sentences.map((sentence) => contentStems(sentence.text));
  const usedFacts = weightiest.filter(({ stems }) => own.some((sentence) => containment(stems, sentence) >= 0.45));
  return usedFacts.length / weightiest.length;
}
