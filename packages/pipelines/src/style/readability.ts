import { plainText } from '../text/plain-text.ts';
import { splitSentences } from '../text/split-sentences.ts';

/** Shorter texts have no reading grade worth the name. */
const LEAST_WORDS = 40;

/**
 * School years that an English text takes to follow: the Flesch-Kincaid grade level (Kincaid et al., 1975, Research Branch
 * Report 8-75). Undefined for texts of few words.
 */
export function readingGrade(markdown: string): number | undefined {
  const sentences = splitSentences(markdown).filter(({ isHeading }) => !isHeading);
  const words = sentences.flatMap(({ text }) => plainText(text).match(/\p{L}[\p{L}'’-]*/gu) ?? []);
  if (words.length < LEAST_WORDS) return undefined;
  const syllables = words.reduce((total, word) => total + countSyllables(word), 0);
  return 0.39 * (words.length / sentences.length) + 11.8 * (syllables / words.length) - 15.59;
}

/** Groups of vowels, less a silent final e: right for about nine English words in ten. */
function countSyllables(word: string): number {
  const lower = word.toLowerCase().replace(/[^a-z]/g, '');
  const groups = lower.replace(/(?:[^laeiouy]es|[^tdaeiouy]ed|[^laeiouy]e)$/, '').match(/[aeiouy]+/g);
  return Math.max(1, groups?.length ?? 0);
}
