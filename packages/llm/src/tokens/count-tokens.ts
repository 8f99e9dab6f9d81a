import { createRequire } from 'node:module';

import type * as o200k from 'gpt-tokenizer/encoding/o200k_base';

/** Text that looks like a control token is counted as text: a source may mention `<|endoftext|>`. */
const AS_TEXT = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

/** Longest run passed to the tokenizer, whose time is quadratic in the bytes of a run. Words are shorter. */
const MAX_RUN_BYTES = 96;
/**
 * Merging takes about 1 µs a byte for new runs. 1 MB of prose in words has fewer bytes of distinct runs than this; beyond
 * it, text is counted by character.
 */
const MAX_MERGED_BYTES = 96_000;

/**
 * The library's cache of merged runs becomes ten times slower once it is full, because it then searches for the first live
 * key among deleted ones. Clearing it after this many characters prevents that and bounds its memory to about 30 MB.
 */
const CACHE_CHARACTERS = 500_000;
let cachedCharacters = 0;

let loaded: typeof o200k | undefined;

/** The tokenizer, loaded at its first use: its tables take 30 MB. */
function tokenizer(): typeof o200k {
  if (loaded === undefined) {
    loaded = createRequire(import.meta.url)('gpt-tokenizer/encoding/o200k_base') as typeof o200k;
    loaded.setMergeCacheSize(CACHE_CHARACTERS);
  }
  return loaded;
}

/**
 * Tokens of a text in the `o200k_base` encoding, in linear time (at most 0.2 s for 1 MB of any text, so it may run on the
 * event loop). An upper estimate where the exact count would take longer: runs with or without white space that exceed
 * 96 bytes are counted in pieces, at most one token too many each; and once 96 kB of distinct runs have been merged,
 * further new ones count the tokens of their single characters.
 */
export function countTokens(text: string): number {
  const seen = text.length * 3 > MAX_MERGED_BYTES ? new Set<string>() : undefined;
  let mergedBytes = 0;
  let tokens = 0;
  let from = 0;
  for (const { start, end, bytes, isCut } of runs(text)) {
    const run = seen && text.slice(start, end);
    const isNew = run !== undefined && !seen?.has(run);
    if (isNew && mergedBytes + bytes > MAX_MERGED_BYTES) {
      tokens += countPiece(text.slice(from, start)) + countCharacters(run);
      from = end;
    } else if (isCut) {
      tokens += countPiece(text.slice(from, end));
      from = end;
    }
    if (!isNew || mergedBytes + bytes > MAX_MERGED_BYTES) continue;
    mergedBytes += bytes;
    seen?.add(run);
  }
  return tokens + countPiece(text.slice(from));
}

interface Run {
  start: number;
  end: number;
  bytes: number;
  /** The text continues in the next run, because it is too long for one. */
  isCut: boolean;
}

/** Runs of white space and runs of anything else, none longer than {@link MAX_RUN_BYTES} and one character. */
function* runs(text: string): Generator<Run> {
  let start = 0;
  let bytes = 0;
  let wasSpace = false;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    const isSpace = isWhiteSpace(unit);
    const isCut = isSpace === wasSpace && bytes >= MAX_RUN_BYTES && !isLowSurrogate(unit);
    if (at > start && (isCut || isSpace !== wasSpace)) {
      yield { start, end: at, bytes, isCut };
      start = at;
      bytes = 0;
    }
    wasSpace = isSpace;
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
  }
  if (start < text.length) yield { start, end: text.length, bytes, isCut: false };
}

function countPiece(text: string): number {
  if (text === '') return 0;
  cachedCharacters += text.length;
  if (cachedCharacters > CACHE_CHARACTERS) {
    tokenizer().clearMergeCache();
    cachedCharacters = text.length;
  }
  return tokenizer().countTokens(text, AS_TEXT);
}

/** Tokens of each character of the basic plane alone, computed on demand. */
const CHARACTER_TOKENS = new Uint8Array(0x10000);
/** A character outside of the basic plane has four bytes, so at most that many tokens. */
const MAX_CHARACTER_TOKENS = 4;

function countCharacters(text: string): number {
  let tokens = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    if (point > 0xffff) tokens += MAX_CHARACTER_TOKENS;
    else tokens += CHARACTER_TOKENS[point] ||= tokenizer().countTokens(character, AS_TEXT);
  }
  return tokens;
}

/** The code units that `\s` matches. */
function isWhiteSpace(unit: number): boolean {
  if (unit < 0x80) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);
  if (unit >= 0x2000 && unit <= 0x200a) return true;
  return OTHER_WHITE_SPACE.has(unit);
}
const OTHER_WHITE_SPACE: ReadonlySet<number> = new Set([0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff]);

const isLowSurrogate = (unit: number): boolean => (unit & 0xfc00) === 0xdc00;
