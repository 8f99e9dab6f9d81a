import { createRequire } from 'node:module';

import type * as o200k from 'gpt-tokenizer/encoding/o200k_base';

type Encoding = typeof o200k;

let loaded: Encoding | undefined;
/** Loaded on first use: its tables take 30 MB. */
const encoding = (): Encoding =>
  (loaded ??= createRequire(import.meta.url)('gpt-tokenizer/encoding/o200k_base') as Encoding);

const PLAIN = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

/** Tokenizer with `o200k_base` for both vendors; special tokens are treated as plain text. */
export interface Tokenizer {
  encode(text: string): readonly number[];
  count(text: string): number;
}

/**
 * A tokenizer with a cache of lines: prompts repeat their instructions, sources and notes between calls, and the encoding of
 * a line after a line break does not depend on the text before it.
 *
 * @param maxRememberedChars size of the cache; the least recently used lines are evicted
 */
export function createTokenizer(maxRememberedChars = 8_000_000): Tokenizer {
  const remembered = new Map<string, readonly number[]>();
  let chars = 0;

  const encodeLine = (line: string): readonly number[] => {
    const known = remembered.get(line);
    if (known) {
      remembered.delete(line);
      remembered.set(line, known);
      return known;
    }
    const tokens = encoding().encode(line, PLAIN);
    remembered.set(line, tokens);
    chars += line.length;
    for (const [oldest] of remembered) {
      if (chars <= maxRememberedChars) break;
      remembered.delete(oldest);
      chars -= oldest.length;
    }
    return tokens;
  };

  return {
    encode: (text) => {
      const lines = splitLines(text);
      return lines.length === 1 ? encodeLine(text) : lines.flatMap(encodeLine);
    },
    count: (text) => splitLines(text).reduce((sum, line) => sum + encodeLine(line).length, 0),
  };
}

/** No token spans a line break followed by a visible character other than a slash. */
function splitLines(text: string): string[] {
  return text.split(/(?<=\n)(?=[^\s/])/);
}

/**
 * The text added by each token. A character of several tokens belongs to the last of them, the others add nothing, so there
 * are as many pieces as tokens and they join up to the text.
 *
 * @param tokens the encoding of `text`
 */
export function splitByTokens(text: string, tokens: readonly number[]): string[] {
  const whole = text.toWellFormed();
  let at = 0;
  let group: number[] = [];
  return tokens.map((token) => {
    group.push(token);
    const piece = encoding().decode(group);
    // A part of a character decodes to a replacement character that is not in the text.
    if (!whole.startsWith(piece, at)) return '';
    group = [];
    at += piece.length;
    return piece;
  });
}
