/** Escapes untrusted text to one line of Markdown that renders literally in a paragraph, a list or a table. */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\`*_[\]<>|~]/g, '\\$&')
    .replace(/^(\s*)([#+-]|\d{1,9}[.)])(?=\s|$)/, '$1\\$2');

/** A bullet list, one item per line. */
export const bulletList = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n');

/** Citations of sources as Markdown: `[1][3]`. */
export const citations = (sources: readonly number[]): string => sources.map((id) => `[${id}]`).join('');
