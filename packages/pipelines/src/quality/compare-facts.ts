import { guessLanguage } from '../text/guess-language.ts';
import { plainText } from '../text/plain-text.ts';
import { splitSentences } from '../text/split-sentences.ts';
import { findFigures, isStated, statedValues } from './figures.ts';
import { findNames, mentionsName, namePrefixes } from './names.ts';

export interface FactComparison {
  /** Figures and names of the original. */
  total: number;
  /** Those that the other text does not state, in their order. */
  missing: string[];
  /** Figures and names of the other text that the original does not state. */
  invented: string[];
}

/**
 * Figures and names of two texts against each other: what a rewriting must keep and may not add. "1,200", "1.2 thousand"
 * and "twelve" count as their values; names are compared by their beginnings, and not at all across languages or where
 * nouns carry capitals.
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

/** Sentence by sentence: the first word of each has its capital for another reason. */
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
