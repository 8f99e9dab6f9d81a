/**
 * The exact piece of a text that a quote means. Models copy with other blanks and quotation marks than they were given;
 * anything further from the text is no quote of it. Undefined when it is not there, or blank.
 */
export function locateQuote(text: string, quote: string): string | undefined {
  if (quote.trim() === '') return undefined;
  if (text.includes(quote)) return quote;
  const trimmed = quote.trim();
  if (text.includes(trimmed)) return trimmed;
  const pattern = trimmed
    .split(/\s+/)
    .map((word) =>
      escapePattern(word)
        .replace(/["“”„«»]/g, '["“”„«»]')
        .replace(/['‘’]/g, "['‘’]")
        .replace(/[–—-]/g, '[–—-]'),
    )
    .join('\\s+');
  return new RegExp(pattern, 'u').exec(text)?.[0];
}

const escapePattern = (word: string): string => word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
