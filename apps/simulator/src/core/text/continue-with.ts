import { lowerFirst } from './condense.ts';
import { splitSentences } from './split-sentences.ts';

/** Changes a sentence so that it can follow an opening such as "In addition,"; undefined when that is not safe. */
export type Continue = (sentence: string) => string | undefined;

/**
 * Detects in `texts` which words are names: those capitalised inside a sentence. A first word that is neither a function
 * word, nor such a name, nor seen in lower case is ambiguous, so the sentence is left unchanged.
 */
export function createContinue(texts: readonly string[]): Continue {
  const names = new Set<string>();
  const common = new Set<string>();
  for (const text of texts) {
    for (const sentence of splitSentences(text)) {
      const words = sentence.text.match(/[\p{L}][\p{L}'’-]*/gu) ?? [];
      words.slice(1).forEach((word) => {
        if (/^\p{Lu}/u.test(word)) names.add(word);
        else common.add(word);
      });
    }
  }
  return (sentence) => {
    const lowered = lowerFirst(sentence);
    if (lowered !== sentence) return lowered;
    const first = /^[\p{L}][\p{L}'’-]*/u.exec(sentence)?.[0];
    if (first === undefined) return undefined;
    if (names.has(first) || names.has(first.replace(/['’]s$/, ''))) return sentence;
    return common.has(first.toLowerCase()) ? first.toLowerCase() + sentence.slice(first.length) : undefined;
  };
}
