import { trimEndBlanks } from './trim-blanks.ts';

/**
 * Citations are source numbers in square brackets: `[1]`, and the variants `[1, 3]`, `[1-3]` and `[^1]` that models write.
 * Links (`[1](…)`), link definitions (`[1]: …`), years (`[2023]`) and code are not citations.
 */
const CITATION = /\[\^?\d{1,3}(?:\s*[,;–-]\s*\^?\d{1,3})*\](?![(:])/y;

export interface Citation {
  /** Offset of the opening bracket. */
  start: number;
  /** Offset after the closing bracket. */
  end: number;
  /** Distinct source numbers, in order. */
  ids: readonly number[];
}

/** Finds all citations of a Markdown text, in order. */
export function findCitations(markdown: string): Citation[] {
  const found: Citation[] = [];
  forEachCitation(markdown, (start, end, ids) => found.push({ start, end, ids }));
  return found;
}

/** Visits all citations of a text in order and in one pass, because long texts may contain tens of thousands. */
function forEachCitation(markdown: string, visit: (start: number, end: number, ids: readonly number[]) => void): void {
  const isCode = createCodeLookup(markdown);
  let start = markdown.indexOf('[');
  while (start >= 0) {
    const end = citationEnd(markdown, start);
    if (end > 0 && !isCode(start)) visit(start, end, parseIds(markdown, start, end));
    start = markdown.indexOf('[', end > 0 ? end : start + 1);
  }
}

/** Offset after the citation that starts at this bracket; 0 without a citation. */
function citationEnd(markdown: string, start: number): number {
  let at = start + 1;
  while (isDigit(markdown.charCodeAt(at)) && at < start + 4) at += 1;
  if (at > start + 1 && markdown[at] === ']') {
    const next = markdown[at + 1];
    return next === '(' || next === ':' ? 0 : at + 1;
  }
  CITATION.lastIndex = start;
  return CITATION.test(markdown) ? CITATION.lastIndex : 0;
}
const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/**
 * Creates a function that returns whether an offset is inside code: a fence of three backticks, closed or not, or a span
 * between two single ones in a line. Offsets must ascend; the text after the offset is not scanned.
 */
function createCodeLookup(markdown: string): (offset: number) => boolean {
  let from = markdown.indexOf('`');
  /** End of the code that starts at `from`; 0 without code, undefined until it is computed. */
  let to: number | undefined;
  let lineEnd = -1;
  /** End of the code that the backtick at `from` opens; 0 if it opens none. */
  const codeEnd = (): number => {
    if (markdown.startsWith('```', from)) {
      const close = markdown.indexOf('```', from + 3);
      return close < 0 ? markdown.length : close + 3;
    }
    const close = markdown.indexOf('`', from + 1);
    if (close <= from + 1) return 0;
    if (lineEnd < from) lineEnd = indexOrEnd(markdown, '\n', from);
    return lineEnd < close ? 0 : close + 1;
  };
  return (offset) => {
    while (from >= 0 && from <= offset) {
      to ??= codeEnd();
      if (to > offset) return true;
      from = markdown.indexOf('`', to > 0 ? to : from + 1);
      to = undefined;
    }
    return false;
  };
}

function indexOrEnd(text: string, wanted: string, from: number): number {
  const index = text.indexOf(wanted, from);
  return index < 0 ? text.length : index;
}

/** Distinct source numbers cited in a text, by first appearance. */
export function citedIds(markdown: string): number[] {
  const cited = new Set<number>();
  forEachCitation(markdown, (_start, _end, ids) => {
    for (const id of ids) cited.add(id);
  });
  return [...cited];
}

/**
 * Rewrites every citation as `[n]` or `[1][3]`. `resolve` returns the number to show for a source, or undefined to remove
 * it. Adjacent citations never repeat a source; the space before a removed citation is removed too.
 */
export function rewriteCitations(markdown: string, resolve: (id: number) => number | undefined): string {
  let result = '';
  let cursor = 0;
  const shown = new Set<number>();
  forEachCitation(markdown, (start, end, ids) => {
    const between = markdown.slice(cursor, start);
    if (shown.size > 0 && between.trim() !== '') shown.clear();
    let fresh = '';
    for (const id of ids) {
      const target = resolve(id);
      if (target === undefined || shown.has(target)) continue;
      shown.add(target);
      fresh += `[${target}]`;
    }
    result += fresh === '' ? trimEndBlanks(between) : between + fresh;
    cursor = end;
  });
  return cursor === 0 ? markdown : result + markdown.slice(cursor);
}

/** The text without its citations. */
export const stripCitations = (markdown: string): string => rewriteCitations(markdown, () => undefined);

/** The text with every citation replaced by spaces, so that offsets do not change. */
export function blankCitations(markdown: string): string {
  let result = '';
  let cursor = 0;
  forEachCitation(markdown, (start, end) => {
    result += markdown.slice(cursor, start) + ' '.repeat(end - start);
    cursor = end;
  });
  return result + markdown.slice(cursor);
}

/** A wider range is not a list of sources: only its ends are read. */
const MAX_RANGE = 10;

/** Shared lists of single numbers, so that a text of citations does not allocate tens of thousands of lists. */
const SINGLE = Array.from({ length: 1_000 }, (_, id): readonly number[] => [id]);

function parseIds(markdown: string, start: number, end: number): readonly number[] {
  const bracketed = markdown.slice(start + 1, end - 1);
  const single = SINGLE[Number(bracketed)];
  if (single) return single;
  const ids: number[] = [];
  for (const item of bracketed.replaceAll('^', '').split(/[,;]/)) {
    const [first = Number.NaN, last = first] = item.split(/[–-]/).map((digits) => Number.parseInt(digits, 10));
    if (last > first && last - first <= MAX_RANGE) {
      for (let id = first; id <= last; id += 1) ids.push(id);
    } else {
      ids.push(first, last);
    }
  }
  return [...new Set(ids)];
}
