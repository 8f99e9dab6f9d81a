/** Marks that a style guide may forbid. */
export const MARKS = ['!', '?', ';', '—', '…', '&', 'emoji', 'capitals'] as const;
export type Mark = (typeof MARKS)[number];

export type Spelling = 'british' | 'american';

/**
 * A rule of a style guide that can be checked without a model. All other requirements ("sound warm") are left to the prompts
 * and the critique.
 */
export type StyleRule =
  /** The language of the text, a tag such as `en` or `pt-BR`. */
  | { kind: 'language'; language: string }
  /** A word or phrase to avoid; `instead` is its replacement. */
  | { kind: 'avoid'; phrase: string; instead?: string }
  | { kind: 'spelling'; variety: Spelling }
  /** Maximum length of a sentence, in words. */
  | { kind: 'sentence-words'; max: number }
  | { kind: 'mark'; mark: Mark }
  /** `second`: whether the reader is addressed as "you". `first`: whether the writer appears as "I" or "we". */
  | { kind: 'person'; person: 'first' | 'second'; isWanted: boolean }
  | { kind: 'contractions'; isWanted: boolean }
  /** The comma before the last "and" of a list. */
  | { kind: 'serial-comma'; isWanted: boolean }
  | { kind: 'heading-case'; form: 'sentence' | 'title' }
  /** The text mentions the keyword. */
  | { kind: 'keyword'; keyword: string }
  /** Maximum reading grade, in school years. */
  | { kind: 'reading-grade'; max: number };
