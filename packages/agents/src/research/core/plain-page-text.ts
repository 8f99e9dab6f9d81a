export interface ReadableText {
  title: string;
  /** Paragraphs are separated by an empty line. */
  text: string;
}

/** The kind of a document, from its content type or, without one, from its first characters. */
export function pageKind(page: { contentType: string; text: string }): 'html' | 'plain' | 'pdf' | 'other' {
  const type = page.contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/pdf') return 'pdf';
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'html';
  if (type === '') return /^\s*<(?:!doctype|html)\b/i.test(page.text) ? 'html' : 'plain';
  return /^text\/|^application\/(?:markdown|json)$/.test(type) ? 'plain' : 'other';
}

/** Tidied plain text or Markdown, with the first heading as title. Undefined when empty. */
export function plainPageText(text: string): ReadableText | undefined {
  const tidied = tidyText(text);
  return tidied === '' ? undefined : { title: /^#\s+(\S.{0,199})$/m.exec(tidied)?.[1]?.trim() ?? '', text: tidied };
}

/** Removes control characters, trailing blanks and consecutive empty lines. Linear. */
export const tidyText = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u200b\ufeff]/g, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
