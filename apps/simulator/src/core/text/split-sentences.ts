/** A sentence: `text` on one line, `raw` exactly as in the source, for quotations. */
export interface Sentence {
  text: string;
  raw: string;
  /** Index of its paragraph, from 0. */
  paragraph: number;
}

const ABBREVIATIONS = new Set(
  (
    'mr mrs ms dr prof st sr jr gen col lt sgt capt rev hon gov sen rep vs etc inc ltd co corp e.g i.e cf al ' +
    'approx ca c jan feb mar apr jun jul aug sep sept oct nov dec u.s u.k u.n a.m p.m dept est mt ph.d'
  ).split(' '),
);
/** Abbreviations only before a number; otherwise words. */
const BEFORE_NUMBERS = new Set('no nos vol fig art p pp ch'.split(' '));
/** Words that start a new sentence after an abbreviation or an initial. */
const STARTERS =
  /^(?:The|A|An|In|On|At|It|He|She|They|This|These|Those|However|After|Before|When|While|As|By|For|But|And)\b/;
const CANDIDATE = /[.!?。！？]+["”’')\]]*(?:\s?\[\d{1,3}\])*/g;
const MARKER = /^\s*(?:[-*+•]|\d{1,2}[.)])\s+/;

/**
 * Splits prose into sentences. Omits headings (`# …`, short lines without a stop) and list markers; citations after the full
 * stop belong to the sentence before.
 */
export function splitSentences(text: string): Sentence[] {
  const sentences: Sentence[] = [];
  splitParagraphs(text).forEach((block, paragraph) => {
    for (const raw of splitBlock(block)) {
      const flat = raw.replace(/\s+/g, ' ').trim();
      if (flat !== '') sentences.push({ text: flat, raw: raw.trim(), paragraph });
    }
  });
  return sentences;
}

/** Blocks of prose: separated by blank lines, headings, list items, or a line that ends with a stop. */
function splitParagraphs(text: string): string[] {
  const blocks: string[] = [];
  let open: string | undefined;
  const close = (): void => {
    if (open !== undefined && open.trim() !== '') blocks.push(open);
    open = undefined;
  };
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    if (trimmed === '' || /^#{1,6}\s|^[=\-_*]{3,}$|^\|/.test(trimmed)) {
      close();
      continue;
    }
    const marker = MARKER.exec(line)?.[0];
    if (marker !== undefined) close();
    const content = marker === undefined ? line : line.slice(marker.length);
    // A hard-wrapped line continues in the next one; a line that ends with a stop ends its paragraph.
    open = open === undefined ? content : `${open}\n${content}`;
    if (/[.!?:]["”’')\]]*(?:\s?\[\d{1,3}\])*$/.test(trimmed)) close();
  }
  close();
  return blocks.filter((block) => /[.!?;:,。！？、]/.test(block) || block.trim().split(/\s+/).length > 7);
}

function splitBlock(block: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (const match of block.matchAll(CANDIDATE)) {
    const end = match.index + match[0].length;
    if (!isBoundary(block, start, match.index, end)) continue;
    parts.push(block.slice(start, end));
    start = end;
  }
  if (block.slice(start).trim() !== '') parts.push(block.slice(start));
  return parts;
}

function isBoundary(block: string, start: number, stop: number, end: number): boolean {
  const rest = block.slice(end, end + 40);
  if (rest.trim() === '' || /[。！？]/.test(block[stop] ?? '')) return true;
  if (/^\s/.test(rest)) {
    if (!/^\s+["“‘'([*]*[\p{Lu}\p{N}]/u.test(rest)) return false;
  } else if (!/^[\p{Lu}]\p{Ll}/u.test(rest) || !/[\p{Ll}\p{N})\]"”]/u.test(block[stop - 1] ?? '')) {
    // A missing space after the stop, as in "in 1997.In anticipation"; not "example.Com" or "3.5".
    return false;
  }
  if (block[stop] !== '.') return true;
  const word = /(?<![\p{L}.])[\p{L}.]+$/u.exec(block.slice(Math.max(start, stop - 12), stop))?.[0] ?? '';
  if (BEFORE_NUMBERS.has(word.toLowerCase())) return !/^\s*\p{N}/u.test(rest);
  const abbreviated =
    ABBREVIATIONS.has(word.toLowerCase()) || /^\p{Lu}$/u.test(word) || /^(?:\p{L}\.)+\p{L}$/u.test(word);
  return !abbreviated || STARTERS.test(rest.trimStart());
}
