import { plainText } from './plain-text.ts';
import { hasUnspacedScript } from './unspaced-scripts.ts';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/**
 * Words of a Markdown text as a writer counts them: runs between spaces that hold a letter or digit, so "well-known" and
 * "1,200" are one each. Citations, list and heading marks and link targets are none. Scripts written without spaces are
 * counted by dictionary.
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
