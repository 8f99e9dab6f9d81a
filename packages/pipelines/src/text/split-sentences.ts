import { blankCitations } from './citations.ts';

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/** Abbreviations with a full stop that do not end a sentence: titles, Latin ones, initials such as "J." and "U.S.". */
const ABBREVIATION =
  /(?:^|[\s("“])(?:Mr|Mrs|Ms|Dr|Prof|Rev|Gen|Col|Lt|Sgt|Capt|Gov|Sen|Rep|Hon|Pres|St|Mt|Jr|Sr|vs|etc|cf|al|approx|ca|[ap]\.m|No|Nos|Vol|Fig|Inc|Bros|Ltd|Co|Corp|e\.g|i\.e|z\.B|d\.h|bzw|\p{Lu}(?:\.\p{Lu})*)\.\s*$/u;

const LINE_BREAK = /\r?\n/g;
const STARTS_BLOCK = /^[ \t]*(?:#{1,6}\s|>|[-*+]\s|\d{1,3}[.)]\s|\||```)/;
const HEADING = /^[ \t]*#{1,6}\s/;
const BLOCK_MARK = /^[ \t]*(?:#{1,6}|>|[-*+]|\d{1,3}[.)])[ \t]+/;

export interface Sentence {
  /** The exact text, trimmed: `markdown.slice(start, start + text.length)`, including citations after it. */
  text: string;
  start: number;
  /** The sentence is a heading, which makes no claim. */
  isHeading: boolean;
}

/**
 * Splits a Markdown text into sentences, in order, each an exact substring. A citation after the full stop belongs to the
 * sentence before it; list items, headings and paragraphs are separate; a line break inside a paragraph ends nothing.
 */
export function splitSentences(markdown: string): Sentence[] {
  return blocks(markdown).flatMap((block) => sentencesOf(markdown, block));
}

interface Span {
  start: number;
  end: number;
}

interface Block extends Span {
  isHeading: boolean;
}

/** Paragraphs, list items, headings and table rows. */
function blocks(markdown: string): Block[] {
  const found: Block[] = [];
  let open: Block | undefined;
  for (const line of lines(markdown)) {
    const text = markdown.slice(line.start, line.end);
    if (text.trim() === '') {
      open = undefined;
    } else if (open === undefined || STARTS_BLOCK.test(text)) {
      const isHeading = HEADING.test(text);
      const block = { start: line.start + (BLOCK_MARK.exec(text)?.[0].length ?? 0), end: line.end, isHeading };
      found.push(block);
      open = isHeading ? undefined : block;
    } else {
      open.end = line.end;
    }
  }
  return found;
}

function lines(markdown: string): Span[] {
  const spans: Span[] = [];
  let start = 0;
  for (const match of markdown.matchAll(LINE_BREAK)) {
    spans.push({ start, end: match.index });
    start = match.index + match[0].length;
  }
  return [...spans, { start, end: markdown.length }];
}

/** Only these characters of ASCII end a sentence. The segmenter costs 20 µs a call, and a text may have 30,000 short lines. */
const IS_ONE_SENTENCE = /^[\t\r\n\x20\x22-\x2d\x2f-\x3e\x40-\x7e]*$/;

function sentencesOf(markdown: string, block: Block): Sentence[] {
  const original = markdown.slice(block.start, block.end);
  if (IS_ONE_SENTENCE.test(original)) {
    const text = original.trim();
    if (!/[A-Za-z0-9]/.test(text)) return [];
    const start = block.start + original.length - original.trimStart().length;
    return [{ text, start, isHeading: block.isHeading }];
  }
  // Blanked citations and line breaks keep all offsets and are not taken for sentence boundaries.
  const masked = blankCitations(original).replace(/[\r\n]/g, ' ');
  const sentences: Sentence[] = [];
  let start = 0;
  let end = 0;
  const close = (): void => {
    const piece = original.slice(start, end);
    const text = piece.trim();
    if (/[\p{L}\p{N}]/u.test(text)) {
      const indent = piece.length - piece.trimStart().length;
      sentences.push({ text, start: block.start + start + indent, isHeading: block.isHeading });
    } else if (text !== '') {
      // A stray closing quote or mark belongs to the previous sentence.
      const last = sentences.at(-1);
      if (last) last.text = original.slice(last.start - block.start, end).trimEnd();
    }
    start = end;
  };
  for (const { segment } of segmenter.segment(masked)) {
    end += segment.length;
    if (!ABBREVIATION.test(segment)) close();
  }
  close();
  return sentences;
}
