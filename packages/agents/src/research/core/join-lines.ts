export interface PdfLine {
  text: string;
  /** Distance from the page's lower edge, in points. */
  y: number;
  /** Height of its tallest letter, in points. */
  height: number;
}

/** A larger gap, in line heights, separates paragraphs; leading is rarely above one and a half. */
const PARAGRAPH_GAP = 1.8;

/**
 * Joins the lines of a page into paragraphs: rejoins words that were hyphenated at a line break and starts a paragraph at a
 * larger gap or a new column. Pure.
 */
export function joinLines(lines: readonly PdfLine[]): string {
  const paragraphs: string[] = [];
  let text = '';
  let above: PdfLine | undefined;
  for (const line of lines) {
    const words = line.text.replace(/\s+/g, ' ').trim();
    if (words === '') continue;
    if (above && startsParagraph(above, line)) {
      paragraphs.push(text);
      text = words;
    } else text = append(text, words);
    above = line;
  }
  return [...paragraphs, text].filter((paragraph) => paragraph !== '').join('\n\n');
}

function startsParagraph(above: PdfLine, line: PdfLine): boolean {
  const gap = above.y - line.y;
  const height = Math.max(above.height, line.height, 1);
  // More than one line upwards: the top of the next column.
  return gap > PARAGRAPH_GAP * height || gap < -height;
}

function append(text: string, words: string): string {
  if (text === '') return words;
  const isBroken = /\p{L}[-\u00ad\u2010]$/u.test(text) && /^\p{Ll}/u.test(words);
  return isBroken ? `${text.slice(0, -1)}${words}` : `${text} ${words}`;
}
