import { getDocumentProxy } from 'unpdf';
import { joinLines, type PdfLine } from './join-lines.ts';
import type { ReadableText } from './plain-page-text.ts';

/** Only this many pages of a longer document are read. */
const MAX_PAGES = 300;
const MAX_CHARACTERS = 400_000;

export type PdfReading = ({ outcome: 'read' } & ReadableText) | { outcome: 'encrypted' | 'damaged' };

/**
 * The text of a PDF, page by page; empty for a PDF of images. Time and memory are unbounded on hostile files: run it in a
 * process that can be terminated. Executes no code of the file and fetches no references.
 */
export async function pdfText(bytes: Uint8Array): Promise<PdfReading> {
  try {
    // A copy, because the parser detaches its buffer.
    const document = await getDocumentProxy(new Uint8Array(bytes), { ...QUIET });
    const pages: string[] = [];
    let characters = 0;
    for (let number = 1; number <= Math.min(document.numPages, MAX_PAGES) && characters < MAX_CHARACTERS; number += 1) {
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
      text: pages.join('\n\n').slice(0, MAX_CHARACTERS),
    };
  } catch (error) {
    return { outcome: error instanceof Error && error.name === 'PasswordException' ? 'encrypted' : 'damaged' };
  }
}

/** No console output, no system fonts, no code generated from the file. */
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
