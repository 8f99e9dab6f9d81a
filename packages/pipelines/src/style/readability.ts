import { plainText } from '../text/plain-text.ts';
import { splitSentences } from '../text/split-sentences.ts';

/** Shorter texts have no meaningful reading grade. */
const MIN_WORDS = 40;

/**
 * School years needed to understand an English text: the Flesch-Kincaid grade level (Kincaid et al., 1975, Research Branch
 * Report 8-75). Undefined for texts of fewer than {@link MIN_WORDS} words.
 */
export function readingGrade(markdown: string): number | undefined {
  const sentences = splitSentences(markdown).filter(({ isHeading }) => !isHeading);
  const words = sentences.flatMap(({ text }) => plainText(text).match(/\p{L}[\p{L}'’-]*/gu) ?? []);
  if (words.length < MIN_WORDS) return undefined;
  const syllables = words.reduce((total, word) => total + countSyllables(word), 0);
  return 0.39 * (words.length / sentences.length) + 11.8 * (syllables / words.length) - 15.59;
}

/** Groups of vowels, except for a silent final e: correct for about nine in ten English words. */
function countSyllables(word: string): number {
  const lower = word.toLowerCase().replace(/[^a-z]/g, '');
  const groups = lower.replace(/(?:[^laeiouy]es|[^tdaeiouy]ed|[^laeiouy]e)$/, '').match(/[aeiouy]+/g);
  return Math.max(1, groups?.length ?? 0);
}
