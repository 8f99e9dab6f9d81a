/**
 * Finds the exact substring that a quote refers to. Tolerates only the differences that models introduce when copying:
 * blanks, quotation marks and dashes. Undefined when the quote is blank or does not occur.
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
