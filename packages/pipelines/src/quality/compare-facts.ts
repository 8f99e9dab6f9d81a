import { guessLanguage } from '../text/guess-language.ts';
import { plainText } from '../text/plain-text.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { findFigures, isStated, statedValues, type Figure } from './figures.ts';
import { findNames, mentionsName, namePrefixes } from './names.ts';

export interface FactComparison {
  /** Number of figures and names in the original. */
  total: number;
  /** Those that the other text does not state, in order of appearance. */
  missing: string[];
  /** Figures and names that only the other text states. */
  invented: string[];
}

/** The figures and names of a text. Each is computed once, when first needed: texts may be long and compared often. */
export interface TextFacts {
  figures(): readonly Figure[];
  values(): ReadonlySet<string>;
  names(): readonly string[];
  prefixes(): ReadonlySet<string>;
  language(): string | undefined;
}

/** Prepares a text for comparisons. */
export function readFacts(text: string): TextFacts {
  const plain = once(() => plainText(text));
  return {
    figures: once(() => findFigures(plain())),
    values: once(() => statedValues(plain())),
    names: once(() => namesOf(text)),
    prefixes: once(() => namePrefixes(plain())),
    language: once(() => guessLanguage(plain())),
  };
}

/**
 * Compares the figures and names of two texts: those that a rewrite must keep and may not add. Figures such as "1,200",
 * "1.2 thousand" and "twelve" compare by value, names by prefix. Names are not compared between languages or in languages
 * that capitalise nouns.
 */
export function compareFacts(original: TextFacts, rewritten: TextFacts): FactComparison {
  const figures = new Set(original.figures().map(({ quote }) => quote));
  const names = areNamesComparable(original, rewritten) ? original.names() : [];
  return {
    total: figures.size + names.length,
    missing: factsNotIn(original, rewritten),
    invented: factsNotIn(rewritten, original),
  };
}

/** Figures and names of one text that the other does not state, in order of appearance. */
export function factsNotIn(text: TextFacts, other: TextFacts): string[] {
  const names = areNamesComparable(text, other) ? text.names() : [];
  return [...figuresNotIn(text, other), ...names.filter((name) => !mentionsName(name, other.prefixes()))];
}

/** Figures of one text that the other does not state, in order of appearance. */
export function figuresNotIn(text: TextFacts, other: TextFacts): string[] {
  const missing = text.figures().filter((figure) => !isStated(figure, other.values()));
  return [...new Set(missing.map(({ quote }) => quote))];
}

/** Searches each sentence separately, because its first word is capitalised anyway. */
function namesOf(text: string): string[] {
  const found = splitSentences(text).flatMap(({ text: sentence, isHeading }) =>
    isHeading ? [] : findNames(plainText(sentence)),
  );
  return [...new Set(found)];
}

function areNamesComparable(one: TextFacts, other: TextFacts): boolean {
  const languages = [one.language(), other.language()];
  if (languages.includes('de')) return false;
  const [first, second] = languages;
  return first === undefined || second === undefined || first === second;
}

function once<T>(compute: () => T): () => T {
  let computed: { value: T } | undefined;
  return () => (computed ??= { value: compute() }).value;
}
