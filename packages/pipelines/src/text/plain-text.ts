import { stripCitations } from './citations.ts';

/**
 * Removes citations, link targets, list marks, heading marks and emphasis from Markdown. Keeps line breaks.
 */
export function plainText(markdown: string): string {
  return stripCitations(markdown)
    .replace(/!?\[([^[\]]*)\]\([^)\s[]*(?:\s+"[^"[]*")?\)/g, '$1')
    .replace(/^[ \t]*(?:#{1,6}|>|[-*+]|\d{1,3}[.)])[ \t]+/gm, '')
    .replace(/(\*\*|__|~~|`)/g, '')
    .replace(/(?<![\p{L}\p{N}])[*_](?=\S)|(?<=\S)[*_](?![\p{L}\p{N}])/gu, '')
    .trim();
}
