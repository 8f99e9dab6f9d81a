import { detectPromptInjection } from './detect-prompt-injection.ts';

/** Also the limit for titles given by users. */
const MAX_CHARACTERS = 300;

/**
 * Sanitises the title of a source for prompts and lists: one line of limited length. The title is untrusted and appears in
 * every prompt that lists the source, so a suspected prompt injection is replaced.
 *
 * @param fallback title to use instead
 */
export function sanitiseTitle(title: string, fallback: string): string {
  const line = title
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_CHARACTERS)
    .trim();
  return line === '' || detectPromptInjection(line) ? fallback : line;
}
