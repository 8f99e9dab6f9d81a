import { words } from '../text/tokens.ts';

/**
 * Words written as names inside a sentence (its first word tells nothing), as written and without repetition. Meaningless
 * in languages that capitalise every noun.
 */
export function findNames(sentence: string): string[] {
  const names = new Set<string>();
  for (const match of sentence.matchAll(/(?<=[\p{L}\p{N},;:)’'"”–—-]\s{1,20}["“(]?)\p{Lu}[\p{L}\p{M}’'-]{2,}/gu)) {
    names.add(match[0].replace(/['’]s?$/u, ''));
  }
  return [...names];
}

/** No name is longer; the prefixes of a word without end would take memory quadratic in its length. */
const MAX_PREFIX = 40;

/** Prefixes of a source's words: names are matched by their beginning, so "Californian" finds "California". */
export function namePrefixes(text: string): Set<string> {
  const prefixes = new Set<string>();
  for (const word of new Set(words(text))) {
    const longest = Math.min(MAX_PREFIX, word.length);
    for (let length = Math.min(3, longest); length <= longest; length += 1) prefixes.add(word.slice(0, length));
  }
  return prefixes;
}

/** Does a text with these prefixes mention the name, in this or a related form? */
export function mentionsName(name: string, prefixes: ReadonlySet<string>): boolean {
  return words(name.replaceAll('-', ' ')).every((word) =>
    prefixes.has(word.slice(0, Math.min(MAX_PREFIX, Math.max(3, word.length - 3)))),
  );
}
