import { shortenSentence, upperFirst } from '../text/condense.ts';
import { countWords } from '../text/words.ts';

/**
 * Applies explicit style advice: `write "x" instead of "y"`, `do not write "y"`, unwanted punctuation, an overlong sentence.
 * Undefined when the advice is of another kind or changes nothing.
 */
export function applyAdvice(text: string, advice: string): string | undefined {
  const changed = rewriteWords(text, advice) ?? removeMarks(text, advice) ?? cutToLength(text, advice);
  return changed === undefined || changed === text ? undefined : changed;
}

/** Applies every applicable advice, one after another. */
export const applyAll = (text: string, advices: readonly string[]): string =>
  advices.reduce((current, advice) => applyAdvice(current, advice) ?? current, text);

function rewriteWords(text: string, advice: string): string | undefined {
  const swap = /write "([^"]+)" instead of "([^"]+)"/.exec(advice);
  if (swap) return replaceWord(text, swap[2] ?? '', swap[1] ?? '');
  const drop = /do not write "([^"]+)"/.exec(advice)?.[1];
  if (drop === undefined) return undefined;
  const without = replaceWord(text, drop, '')
    .replace(/ {2,}/g, ' ')
    .replace(/(?<! ) +([,.;:])/g, '$1')
    .replace(/^[\s,]+/, '');
  return upperFirst(without);
}

/** Replaces whole words only and keeps the capitalisation. */
function replaceWord(text: string, wrong: string, right: string): string {
  const escaped = wrong.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const isWord = (character: string | undefined): boolean => character !== undefined && /[\p{L}\p{N}]/u.test(character);
  const pattern = `${isWord(wrong[0]) ? '(?<![\\p{L}\\p{N}])' : ''}${escaped}${isWord(wrong.at(-1)) ? '(?![\\p{L}\\p{N}])' : ''}`;
  return text.replace(new RegExp(pattern, 'giu'), (found) => (/^\p{Lu}/u.test(found) ? upperFirst(right) : right));
}

const MARKS: readonly (readonly [RegExp, (text: string) => string])[] = [
  [/no exclamation marks/, (text) => text.replace(/!+/g, '.')],
  [/no semicolons/, (text) => text.replace(/;\s+(\S)/g, (_whole, next: string) => `. ${next.toUpperCase()}`)],
  [/no long dashes/, (text) => text.replace(/(?<!\s)\s*(?:—|\s–\s|--)\s*/g, ', ')],
  [/no ellipsis/, (text) => text.replace(/(?:…|\.\.\.)/g, '.').replace(/\.{2,}/g, '.')],
  [/no emoji/, (text) => text.replace(/(?<!\s)\s*\p{Extended_Pictographic}\u{fe0f}?/gu, '')],
];

function removeMarks(text: string, advice: string): string | undefined {
  return MARKS.find(([name]) => name.test(advice))?.[1](text);
}

/** The longest variant within the limit; otherwise two sentences, split where a clause begins. */
function cutToLength(text: string, advice: string): string | undefined {
  const most = Number(/has \d+ words and may have (\d+)/.exec(advice)?.[1]);
  if (!Number.isFinite(most)) return undefined;
  const citations = /(?:\s{0,3}\[\d{1,3}\]){0,20}(?=[.!?]?$)/.exec(text)?.[0] ?? '';
  const shorter = shortenSentence(text).find((variant) => countWords(variant) <= most);
  if (shorter !== undefined)
    return citations === '' || shorter.includes(citations.trim())
      ? shorter
      : shorter.replace(/([.!?])$/, `${citations}$1`);
  const cuts = [...text.matchAll(/,? (?:and|but|while|so) (?=(?:the|it|they|he|she|this|these|a|an|there)\b)|; /g)];
  const middle = text.length / 2;
  const cut = cuts.sort((a, b) => Math.abs(a.index - middle) - Math.abs(b.index - middle))[0];
  if (!cut) return undefined;
  const head = text.slice(0, cut.index);
  return `${citations === '' || head.endsWith(']') ? head : head + citations}. ${upperFirst(text.slice(cut.index + cut[0].length))}`;
}
