import { countWords, rewriteCitations, splitSentences } from '@pressroom/pipelines';
import { detectPromptInjection } from './detect-prompt-injection.ts';

/** A longer text has something to choose from: that a model takes nothing of it says that it is beside the topic. */
const MAX_WORDS = 40;
/** Fewer words name something and state nothing. */
const MIN_STATEMENT_WORDS = 3;

/** May the text's own statements stand in for points that a model did not take? */
export const isShort = (text: string): boolean => countWords(text) <= MAX_WORDS;

/** Has the text no statement at all? Then no model is asked for one. */
export const isTooShort = (text: string): boolean =>
  countWords(text) < MIN_STATEMENT_WORDS && splitSentences(text).length <= 1;

/** Statements of a short text as they stand; none of a longer one. Orders and questions are no statements. */
export function ownStatements(text: string): string[] {
  if (!isShort(text)) return [];
  return splitSentences(text)
    .filter(({ isHeading, text: sentence }) => !isHeading && countWords(sentence) >= MIN_STATEMENT_WORDS)
    .map((sentence) => rewriteCitations(sentence.text, () => undefined))
    .filter((sentence) => !/[?？]\s*$/.test(sentence) && !detectPromptInjection(sentence));
}
