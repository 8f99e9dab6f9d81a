import type { Voice } from '@pressroom/contracts';
import { languageOf } from './brief.ts';

/** Tokens of an English word with its share of punctuation and Markdown, measured on articles. */
const TOKENS_PER_WORD = 1.6;
/** Languages that models' tokenizers know less well take about half as much again. */
const OTHER_LANGUAGE_FACTOR = 1.5;
/** A citation such as `[12]` takes three tokens, and there is one in about fifteen words. */
const CITATION_TOKENS_PER_WORD = 0.2;
/** Writers overshoot: room for what the check on words would still have to see. */
const HEADROOM = 1.5;
/** Keys, braces and escapes of the reply around the text. */
const JSON_TOKENS = 120;
/** A single reply is never longer: what a part of ten thousand words would need. */
const MAX_TOKENS = 16_000;

/** Output cap of a reply that holds prose of about `words` words. The cap is reserved as money, so it is snug. */
export function outputTokens(words: number, input: Pick<Voice, 'language'>): number {
  const perWord =
    TOKENS_PER_WORD * (/^en\b/.test(languageOf(input)) ? 1 : OTHER_LANGUAGE_FACTOR) + CITATION_TOKENS_PER_WORD;
  return Math.min(MAX_TOKENS, Math.ceil(words * perWord * HEADROOM) + JSON_TOKENS);
}
