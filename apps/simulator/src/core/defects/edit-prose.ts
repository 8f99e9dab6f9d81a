/** Purposes whose prose is in a property `markdown`. */
const WITH_MARKDOWN: ReadonlySet<string> = new Set(['article_part', 'document_summary', 'rewritten_text']);

/** Applies an edit to the prose of a reply, wherever its purpose stores it; other replies are unchanged. */
export function editProse(purpose: string, value: unknown, edit: (markdown: string) => string): unknown {
  if (purpose === 'text' && typeof value === 'string') return edit(value);
  if (WITH_MARKDOWN.has(purpose) && isPart(value)) return { ...value, markdown: edit(value.markdown) };
  return value;
}

function isPart(value: unknown): value is { markdown: string } {
  return typeof value === 'object' && value !== null && 'markdown' in value && typeof value.markdown === 'string';
}

/** Applies an edit to every sentence and keeps the paragraphs. */
export function editSentences(markdown: string, edit: (sentence: string) => string): string {
  return markdown
    .split('\n')
    .map((line) =>
      line
        // Generated sentences end with a full stop, after an optional citation, and a space.
        .split(/(?<=[.!?]["”’')\]]{0,5})\s+(?=["“‘'(]?[\p{Lu}\p{N}])/u)
        .map(edit)
        .join(' '),
    )
    .join('\n');
}
