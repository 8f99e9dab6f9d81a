import { words } from '../text/tokens.ts';

/**
 * Distinct capitalised words inside a sentence, except for its first word, as written. Meaningless in languages that
 * capitalise every noun.
 */
export function findNames(sentence: string): string[] {
  const names = new Set<string>();
  for (const match of sentence.matchAll(/(?<=[\p{L}\p{N},;:)’'"”–—-]\s{1,20}["“(]?)\p{Lu}[\p{L}\p{M}’'-]{2,}/gu)) {
    names.add(match[0].replace(/['’]s?$/u, ''));
  }
  return [...names];
}

/** Longer than any name; limits memory, which is quadratic in the length of a word. */
const MAX_PREFIX = 40;

/** Prefixes of a text's words: names match by prefix, so that "Californian" matches "California". */
export function namePrefixes(text: string): Set<string> {
  const prefixes = new Set<string>();
  for (const word of new Set(words(text))) {
    const longest = Math.min(MAX_PREFIX, word.length);
    for (let length = Math.min(3, longest); length <= longest; length += 1) prefixes.add(word.slice(0, length));
  }
  return prefixes;
}

/** Whether a text with these prefixes mentions the name, in the same or a related form. */
export function mentionsName(name: string, prefixes: ReadonlySet<string>): boolean {
  return words(name.replaceAll('-', ' ')).every((word) =>
    prefixes.has(word.slice(0, Math.min(MAX_PREFIX, Math.max(3, word.length - 3)))),
  );
}
