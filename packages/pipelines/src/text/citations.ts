import { trimEndBlanks } from './trim-blanks.ts';

/**
 * Citations are source numbers in square brackets: `[1]`, and the variants `[1, 3]`, `[1-3]` and `[^1]` that models write.
 * Links (`[1](…)`), link definitions (`[1]: …`), years (`[2023]`) and code are not citations.
 */
const CITATION = /\[\^?\d{1,3}(?:\s*[,;–-]\s*\^?\d{1,3})*\](?![(:])/g;
const CODE = /```[\s\S]*?(?:```|$)|`[^`\n]+`/g;

export interface Citation {
  /** Offset of the opening bracket. */
  start: number;
  /** Offset after the closing bracket. */
  end: number;
  /** Distinct source numbers, in order. */
  ids: number[];
}

/** Finds all citations of a Markdown text, in order. */
export function findCitations(markdown: string): Citation[] {
  const code = [...markdown.matchAll(CODE)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
  }));
  const found: Citation[] = [];
  let next = 0;
  for (const { 0: text, index: start } of markdown.matchAll(CITATION)) {
    // Both are sorted: code that ends before this citation ends before all later ones.
    while ((code[next]?.end ?? Infinity) <= start) next += 1;
    if ((code[next]?.start ?? Infinity) <= start) continue;
    found.push({ start, end: start + text.length, ids: parseIds(text) });
  }
  return found;
}

/** Distinct source numbers cited in a text, by first appearance. */
export function citedIds(markdown: string): number[] {
  return [...new Set(findCitations(markdown).flatMap((citation) => citation.ids))];
}

/**
 * Rewrites every citation as `[n]` or `[1][3]`. `resolve` returns the number to show for a source, or undefined to remove
 * it. Adjacent citations never repeat a source; the space before a removed citation is removed too.
 */
export function rewriteCitations(markdown: string, resolve: (id: number) => number | undefined): string {
  let result = '';
  let cursor = 0;
  let shown = new Set<number>();
  for (const { start, end, ids } of findCitations(markdown)) {
    const between = markdown.slice(cursor, start);
    if (between.trim() !== '') shown = new Set();
    const fresh: number[] = [];
    for (const id of ids) {
      const target = resolve(id);
      if (target === undefined || shown.has(target)) continue;
      shown.add(target);
      fresh.push(target);
    }
    result += fresh.length > 0 ? between : trimEndBlanks(between);
    result += fresh.map((id) => `[${id}]`).join('');
    cursor = end;
  }
  return result + markdown.slice(cursor);
}

/** The text without its citations. */
export const stripCitations = (markdown: string): string => rewriteCitations(markdown, () => undefined);

/** The text with every citation replaced by spaces, so that offsets do not change. */
export function blankCitations(markdown: string): string {
  let result = '';
  let cursor = 0;
  for (const { start, end } of findCitations(markdown)) {
    result += markdown.slice(cursor, start) + ' '.repeat(end - start);
    cursor = end;
  }
  return result + markdown.slice(cursor);
}

/** A wider range is not a list of sources: only its ends are read. */
const MAX_RANGE = 10;

function parseIds(bracketed: string): number[] {
  const ids: number[] = [];
  for (const item of bracketed.slice(1, -1).replaceAll('^', '').split(/[,;]/)) {
    const [first = Number.NaN, last = first] = item.split(/[–-]/).map((digits) => Number.parseInt(digits, 10));
    if (last > first && last - first <= MAX_RANGE) {
      for (let id = first; id <= last; id += 1) ids.push(id);
    } else {
      ids.push(first, last);
    }
  }
  return [...new Set(ids)];
}
