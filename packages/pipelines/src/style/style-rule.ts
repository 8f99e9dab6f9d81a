/** Marks a style guide may forbid. */
export const MARKS = ['!', '?', ';', '—', '…', '&', 'emoji', 'capitals'] as const;
export type Mark = (typeof MARKS)[number];

export type Spelling = 'british' | 'american';

/**
 * One thing a style guide asks for that can be decided without a model. What cannot ("sound warm") is left to the prompts
 * and to the critique.
 */
export type StyleRule =
  /** The text is in this language, a tag such as `en` or `pt-BR`. */
  | { kind: 'language'; language: string }
  /** A word or phrase is not used; `instead` is what is. */
  | { kind: 'avoid'; phrase: string; instead?: string }
  | { kind: 'spelling'; variety: Spelling }
  /** No sentence has more words. */
  | { kind: 'sentence-words'; most: number }
  | { kind: 'mark'; mark: Mark }
  /** `second`: the reader is (not) addressed as "you". `first`: the writer does not appear as "I" or "we". */
  | { kind: 'person'; person: 'first' | 'second'; isWanted: boolean }
  | { kind: 'contractions'; isWanted: boolean }
  /** The comma before the last "and" of a list. */
  | { kind: 'serial-comma'; isWanted: boolean }
  | { kind: 'heading-case'; form: 'sentence' | 'title' }
  /** The text names it somewhere. */
  | { kind: 'keyword'; keyword: string }
  /** Readers of that many school years can follow. */
  | { kind: 'reading-grade'; most: number };
