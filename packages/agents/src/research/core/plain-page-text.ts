export interface ReadableText {
  title: string;
  /** Paragraphs apart by an empty line. */
  text: string;
}

/** What kind of document a page says it is, by its content type or, where it says nothing, by its beginning. */
export function pageKind(page: { contentType: string; text: string }): 'html' | 'plain' | 'pdf' | 'other' {
  const type = page.contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/pdf') return 'pdf';
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'html';
  if (type === '') return /^\s*<(?:!doctype|html)\b/i.test(page.text) ? 'html' : 'plain';
  return /^text\/|^application\/(?:markdown|json)$/.test(type) ? 'plain' : 'other';
}

/** Plain text and Markdown as they are, a first heading as title. Undefined when there is nothing. */
export function plainPageText(text: string): ReadableText | undefined {
  const tidied = tidyText(text);
  return tidied === '' ? undefined : { title: /^#\s+(\S.{0,199})$/m.exec(tidied)?.[1]?.trim() ?? '', text: tidied };
}

/** Lines without control characters and trailing blanks, at most one of them empty in a row. Linear. */
export const tidyText = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u200b\ufeff]/g, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
