import { getDocumentProxy } from 'unpdf';
import { joinLines, type PdfLine } from './join-lines.ts';
import type { ReadableText } from './plain-page-text.ts';

/** Of a longer document the beginning is read, as of any source. */
const MOST_PAGES = 300;
const MOST_CHARACTERS = 400_000;

export type PdfReading = ({ outcome: 'read' } & ReadableText) | { outcome: 'encrypted' | 'damaged' };

/**
 * The text of a PDF, page by page; empty for one that is made of pictures. Takes any time and memory on hostile files: run
 * it where it can be stopped. Nothing in the file is executed and nothing it refers to is fetched.
 */
export async function pdfText(bytes: Uint8Array): Promise<PdfReading> {
  try {
    // A copy, because the parser takes its buffer away.
    const document = await getDocumentProxy(new Uint8Array(bytes), { ...QUIET });
    const pages: string[] = [];
    let characters = 0;
    for (
      let number = 1;
      number <= Math.min(document.numPages, MOST_PAGES) && characters < MOST_CHARACTERS;
      number += 1
    ) {
      const page = await document.getPage(number);
      const { items } = await page.getTextContent();
      const text = joinLines(toLines(items));
      page.cleanup();
      if (text === '') continue;
      pages.push(text);
      characters += text.length;
    }
    const { info } = await document.getMetadata();
    const title = (info as { Title?: unknown }).Title;
    return {
      outcome: 'read',
      title: typeof title === 'string' ? title.replace(/\s+/g, ' ').trim().slice(0, 300) : '',
      text: pages.join('\n\n').slice(0, MOST_CHARACTERS),
    };
  } catch (error) {
    return { outcome: error instanceof Error && error.name === 'PasswordException' ? 'encrypted' : 'damaged' };
  }
}

/** No messages on the console, no fonts of the system, no code made from the file. */
const QUIET = { verbosity: 0, useSystemFonts: false, isEvalSupported: false, stopAtErrors: false } as const;

function toLines(items: readonly object[]): PdfLine[] {
  const lines: PdfLine[] = [];
  let current: PdfLine | undefined;
  for (const item of items) {
    if (!('str' in item) || typeof item.str !== 'string') continue;
    const { transform, height, hasEOL } = item as { transform?: number[]; height?: number; hasEOL?: boolean };
    current ??= { text: '', y: transform?.[5] ?? 0, height: height ?? 0 };
    current.text += item.str;
    current.height = Math.max(current.height, height ?? 0);
    if (hasEOL !== true) continue;
    lines.push(current);
    current = undefined;
  }
  return current === undefined ? lines : [...lines, current];
}
