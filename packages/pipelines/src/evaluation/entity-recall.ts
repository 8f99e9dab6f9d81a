import { findNames, mentionsName, namePrefixes } from '../quality/names.ts';
import { splitSentences } from '../text/split-sentences.ts';

/** A single mention may be in passing; two show that the text is about the name. */
const MIN_MENTIONS = 2;

/**
 * Names that a text is about: capitalised inside a sentence, at least {@link MIN_MENTIONS} times, by descending frequency.
 * Meaningless in languages that capitalise every noun.
 */
export function mainNames(text: string): string[] {
  const mentions = new Map<string, number>();
  for (const { text: sentence, isHeading } of splitSentences(text)) {
    if (isHeading) continue;
    for (const name of findNames(sentence)) mentions.set(name, (mentions.get(name) ?? 0) + 1);
  }
  return [...mentions]
    .filter(([, count]) => count >= MIN_MENTIONS)
    .sort(([, left], [, right]) => right - left)
    .map(([name]) => name);
}

/** Share of the {@link mainNames} of a reference that a text mentions, 0 to 1; 1 when the reference has none. */
export function entityRecall(reference: string, text: string): number {
  const names = mainNames(reference);
  if (names.length === 0) return 1;
  const prefixes = namePrefixes(text);
  return names.filter((name) => mentionsName(name, prefixes)).length / names.length;
}
