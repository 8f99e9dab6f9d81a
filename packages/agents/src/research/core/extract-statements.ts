import { countWords, rewriteCitations, splitSentences } from '@pressroom/pipelines';
import { detectPromptInjection } from './detect-prompt-injection.ts';

/** If a model extracts no point from a longer text, the text is off topic. */
const MAX_WORDS = 40;
/** Fewer words do not make a statement. */
const MIN_STATEMENT_WORDS = 3;

/** Whether the text's own statements may replace missing points of a model. */
export const isShort = (text: string): boolean => countWords(text) <= MAX_WORDS;

/** Whether the text contains no statement, so that no model is called. */
export const isTooShort = (text: string): boolean =>
  countWords(text) < MIN_STATEMENT_WORDS && splitSentences(text).length <= 1;

/** Extracts the sentences of a short text, except for questions and suspected injections; empty for a longer text. */
export function extractStatements(text: string): string[] {
  if (!isShort(text)) return [];
  return splitSentences(text)
    .filter(({ isHeading, text: sentence }) => !isHeading && countWords(sentence) >= MIN_STATEMENT_WORDS)
    .map((sentence) => rewriteCitations(sentence.text, () => undefined))
    .filter((sentence) => !/[?？]\s*$/.test(sentence) && !detectPromptInjection(sentence));
}
