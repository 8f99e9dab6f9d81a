import { unwrapFence } from '@pressroom/llm';
import { rewriteCitations } from '@pressroom/pipelines';
import { escapeMarkup } from './escape-markup.ts';

/**
 * Normalises the text of a part: no enclosing code fence, no leading heading, no heading of a section's level, no part
 * marks, citations as `[1][3]` or none without sources, and no active markup ({@link escapeMarkup}).
 *
 * @param allowed URLs that may be linked to
 */
export function cleanPart(markdown: string, hasSources = true, allowed: ReadonlySet<string> = new Set()): string {
  const unwrapped = unwrapFence(markdown, ['markdown', 'md']) ?? markdown;
  const body = escapeMarkup(unwrapped.replace(/\r\n?/g, '\n'), allowed)
    .replace(/^\s*(?:\[part\s+[\w-]+\][^\n]*\n+|#{1,6}\s[^\n]*(?:\n+|$))+/, '')
    .replace(/^\[part\s+[\w-]+\][ \t]*/gim, '')
    .replace(/^#{1,2}(?=\s)/gm, '###')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  return rewriteCitations(body, (id) => (hasSources ? id : undefined));
}
