import { guessLanguage } from '../text/guess-language.ts';
import { plainText } from '../text/plain-text.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { findFigures, isStated, statedValues } from './figures.ts';
import { findNames, mentionsName, namePrefixes } from './names.ts';

export interface FactComparison {
  /** Number of figures and names in the original. */
  total: number;
  /** Those that the other text does not state, in order of appearance. */
  missing: string[];
  /** Figures and names that only the other text states. */
  invented: string[];
}

/**
 * Compares the figures and names of two texts: those that a rewrite must keep and may not add. Figures such as "1,200",
 * "1.2 thousand" and "twelve" compare by value, names by prefix. Names are not compared between languages or in languages
 * that capitalise nouns.
 */
export function compareFacts(original: string, rewritten: string): FactComparison {
  const [before, after] = [plainText(original), plainText(rewritten)];
  const figures = new Set(findFigures(before).map(({ quote }) => quote));
  const isNamed = areNamesComparable(before, after);
  const names = isNamed ? namesOf(original) : [];
  return {
    total: figures.size + names.length,
    missing: [...figuresNotIn(before, after), ...(isNamed ? namesNotIn(names, after) : [])],
    invented: [...figuresNotIn(after, before), ...(isNamed ? namesNotIn(namesOf(rewritten), before) : [])],
  };
}

function figuresNotIn(text: string, other: string): string[] {
  const stated = statedValues(other);
  return [
    ...new Set(
      findFigures(text)
        .filter((figure) => !isStated(figure, stated))
        .map(({ quote }) => quote),
    ),
  ];
}

/** Searches each sentence separately, because its first word is capitalised anyway. */
function namesOf(text: string): string[] {
  const found = splitSentences(text).flatMap(({ text: sentence, isHeading }) =>
    isHeading ? [] : findNames(plainText(sentence)),
  );
  return [...new Set(found)];
}

function namesNotIn(names: readonly string[], other: string): string[] {
  const prefixes = namePrefixes(other);
  return names.filter((name) => !mentionsName(name, prefixes));
}

function areNamesComparable(before: string, after: string): boolean {
  const languages = [guessLanguage(before), guessLanguage(after)];
  if (languages.includes('de')) return false;
  const [first, second] = languages;
  return first === undefined || second === undefined || first === second;
}
