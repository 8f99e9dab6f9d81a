/** One line of text of anybody's making as Markdown that shows it as it is, inside a paragraph, a list or a table. */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\`*_[\]<>|~]/g, '\\$&')
    .replace(/^(\s*)([#+-]|\d{1,9}[.)])(?=\s|$)/, '$1\\$2');

/** A list, one item a line. */
export const bulletList = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n');

/** Citations of sources in the form that texts carry: `[1][3]`. */
export const citations = (sources: readonly number[]): string => sources.map((id) => `[${id}]`).join('');
