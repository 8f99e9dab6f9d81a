import { plainText } from '../text/plain-text.ts';
import { splitSentences } from '../text/split-sentences.ts';

/** Characters of a description that search engines display. */
export const META_DESCRIPTION_CHARACTERS = 160;

/** A description from the first sentences of the text that fit; a first sentence that is too long is cut between words. */
export function fallbackDescription(markdown: string): string {
  const text = plainText(markdown).replace(/\s+/g, ' ').trim();
  let whole = '';
  for (const sentence of splitSentences(text)) {
    const longer = text.slice(0, sentence.start + sentence.text.length);
    if (longer.length > META_DESCRIPTION_CHARACTERS) break;
    whole = longer;
  }
  return whole === '' ? clipWords(text, META_DESCRIPTION_CHARACTERS) : whole;
}

/** Cuts between words and appends an ellipsis; the result has at most `maxCharacters`. */
export function clipWords(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const cut = text.slice(0, maxCharacters - 1);
  const space = cut.lastIndexOf(' ');
  return `${(space > maxCharacters / 2 ? cut.slice(0, space) : cut).replace(/(?<![\s,;:–—-])[\s,;:–—-]+$/u, '')}…`;
}
