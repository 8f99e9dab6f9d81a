import { citationsOf, stripCitations } from '../text/words.ts';
import type { PromptDefect, PromptNote, PromptOutline, PromptPart } from './parsed-prompt.ts';

const BULLET = /^\s*(?:[-*•]|\(?\d{1,3}[.)])\s+/;

/** Non-empty lines without list markers. */
export function parseList(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(BULLET, '').trim())
    .filter((line) => line !== '');
}

/** Parses lines `n1 [1,3] text`; a line without an id gets one, citations may also be at the end. */
export function parseNotes(text: string): PromptNote[] {
  const taken = new Set<string>();
  return parseList(text).map((line, index) => {
    const match = /^(n\d+)(?!\d)(?:\s{0,5}[:.)-])?(.*)$/is.exec(line);
    let id = match?.[1]?.toLowerCase() ?? `n${index + 1}`;
    while (taken.has(id)) id = `${id}x`;
    taken.add(id);
    const body = match?.[2] ?? line;
    return { id, sources: citationsOf(body), text: stripCitations(` ${body}`).trim() };
  });
}

/** Parses lines `1. Heading (words: 180; notes: n1 n2) purpose`. */
export function parseOutline(text: string, title: string): PromptOutline {
  const sections = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      const match = /^\s*(\d+)[.)]\s*(.*?)\s*(?:\(([^()]*\b(?:words|notes)\b[^()]*)\)\s*(.*))?$/.exec(line);
      const details = match?.[3] ?? '';
      const words = /words:?\s*(\d+)/i.exec(details)?.[1];
      return {
        number: match?.[1] === undefined ? index + 1 : Number(match[1]),
        heading: match?.[2] ?? line.trim(),
        words: words === undefined ? undefined : Number(words),
        noteIds: details.match(/\bn\d+\b/g) ?? [],
        purpose: match?.[4] ?? '',
      };
    });
  return { title, sections };
}

/** Parses parts marked `[part lead]` and `[part 2] ## Heading`; without markers, `##` headings separate the parts. */
export function parseArticle(text: string): PromptPart[] {
  const marked = /^\[part\s+([\w-]+)\][ \t]*(?:#{1,6}[ \t]*)?(.*)$/gim;
  const heads = [...text.matchAll(marked)];
  if (heads.length > 0) {
    return heads.map((head, index) => ({
      part: (head[1] ?? '').toLowerCase(),
      heading: (head[2] ?? '').trim(),
      markdown: text.slice(head.index + head[0].length, heads[index + 1]?.index ?? text.length).trim(),
    }));
  }
  if (text.trim() === '') return [];
  const parts: PromptPart[] = [];
  text.split(/^(?=##+[ \t])/m).forEach((block) => {
    const head = /^##+([^#\n].*)$/m.exec(block);
    const markdown = block.replace(/^#+[ \t].*$/gm, '').trim();
    if (head)
      parts.push({
        part: String(parts.filter((part) => part.part !== 'lead').length + 1),
        heading: (head[1] ?? '').trim(),
        markdown,
      });
    else if (markdown !== '') parts.push({ part: 'lead', heading: '', markdown });
  });
  return parts;
}

/** Parses lines `kind | part | "quote" | advice`; the quote may contain bars and quotation marks. */
export function parseDefects(text: string): PromptDefect[] {
  return parseList(text).flatMap((line) => {
    const match = /^([a-z_]+)\s*\|\s*(?:part\s+)?([^|]*?)\s*\|\s*(.*)$/is.exec(line);
    if (!match) return [];
    const tail = match[3] ?? '';
    const quoted = /^["“](.*)["”]\s*(?:\|\s*(.*))?$/s.exec(tail);
    const bar = tail.lastIndexOf('|');
    const quote = quoted?.[1] ?? (bar < 0 ? tail : tail.slice(0, bar)).trim();
    const advice = (quoted ? quoted[2] : bar < 0 ? '' : tail.slice(bar + 1)) ?? '';
    return [
      { kind: (match[1] ?? '').toLowerCase(), part: (match[2] ?? '').toLowerCase(), quote, advice: advice.trim() },
    ];
  });
}
