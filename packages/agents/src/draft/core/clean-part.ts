import { unwrapFence } from '@pressroom/llm';
import { rewriteCitations } from '@pressroom/pipelines';
import { escapeMarkup } from './escape-markup.ts';

/**
 * A part as the document needs it, whatever habits its model has: no code fence around it, no heading at its start, none
 * inside that is as high as a section's, no mark that another part begins, every citation as `[1][3]`; none at all where
 * there are no sources to cite. Nothing in it acts when it is shown.
 *
 * @param allowed addresses that may be linked to
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
