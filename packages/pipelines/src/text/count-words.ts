import { plainText } from './plain-text.ts';
import { hasUnspacedScript } from './unspaced-scripts.ts';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/**
 * Counts the words of a Markdown text as writers do: runs between spaces with a letter or digit, so "well-known" and "1,200"
 * are one word each. Citations, list and heading marks and link targets do not count. Scripts without spaces are segmented
 * by dictionary.
 */
export function countWords(markdown: string): number {
  let words = 0;
  for (const run of plainText(markdown).split(/[\s—]+/u)) {
    if (!/[\p{L}\p{N}]/u.test(run)) continue;
    words += hasUnspacedScript(run) ? countSegments(run) : 1;
  }
  return words;
}

function countSegments(run: string): number {
  let words = 0;
  for (const segment of segmenter.segment(run)) if (segment.isWordLike) words += 1;
  return words;
}
