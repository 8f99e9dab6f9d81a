import { createRequire } from 'node:module';

import type * as o200k from 'gpt-tokenizer/encoding/o200k_base';

type Encoding = typeof o200k;

let loaded: Encoding | undefined;
/** Its tables take 30 MB, which a simulator that answers nothing does without. */
const encoding = (): Encoding =>
  (loaded ??= createRequire(import.meta.url)('gpt-tokenizer/encoding/o200k_base') as Encoding);

const PLAIN = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

/** Text as `o200k_base` tokens. Both vendors are counted with it; what looks like a special token is plain text. */
export interface Tokenizer {
  encode(text: string): readonly number[];
  count(text: string): number;
}

/**
 * A tokenizer that remembers the lines it has seen: prompts repeat their instructions, sources and notes from call to
 * call, and a line that begins after a line break is encoded the same whatever stands before it.
 *
 * @param maxRememberedChars bound of what is remembered; the lines used least recently are forgotten first
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

/** A token never reaches across a line break into a line that begins with a visible character other than a slash. */
function splitLines(text: string): string[] {
  return text.split(/(?<=\n)(?=[^\s/])/);
}

/**
 * The text that each token adds. A character of several tokens comes with the last of them, the others add nothing, so
 * there are as many pieces as tokens and they join up to the text.
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
    // Part of a character decodes to a replacement character, which the text does not have there.
    if (!whole.startsWith(piece, at)) return '';
    group = [];
    at += piece.length;
    return piece;
  });
}
