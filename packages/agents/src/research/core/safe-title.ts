import { detectPromptInjection } from './detect-prompt-injection.ts';

/** Longer titles are no titles; users' own are at most as long. */
const MOST_CHARACTERS = 300;

/**
 * A source's title as prompts and lists may show it: one line, not too long. A page may call itself what it likes, and its
 * title stands in every prompt that names its sources: one that gives orders to readers is replaced.
 *
 * @param otherwise what to call the source instead
 */
export function safeTitle(title: string, otherwise: string): string {
  const line = title
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}\s]+/gu, ' ')
    .trim()
    .slice(0, MOST_CHARACTERS)
    .trim();
  return line === '' || detectPromptInjection(line) ? otherwise : line;
}
