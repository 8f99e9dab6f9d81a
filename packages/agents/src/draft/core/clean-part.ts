import { rewriteCitations } from '@pressroom/pipelines';

/**
 * A part as the document needs it, whatever habits its model has: no code fence around it, no heading at its start, none
 * inside that is as high as a section's, every citation as `[1][3]`; none at all where there are no sources to cite.
 */
export function cleanPart(markdown: string, hasSources = true): string {
  const unwrapped = /^\s*```(?:markdown|md)?\s*\n([\s\S]*?)\n\s*```\s*$/.exec(markdown)?.[1] ?? markdown;
  const body = unwrapped
    .replace(/\r\n?/g, '\n')
    .replace(/^\s*(?:\[part\s+[\w-]+\][^\n]*\n+|#{1,6}\s[^\n]*(?:\n+|$))+/, '')
    .replace(/^#{1,2}(?=\s)/gm, '###')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  return rewriteCitations(body, (id) => (hasSources ? id : undefined));
}
