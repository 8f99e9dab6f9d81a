import type { ToolSource } from '../research-tool.ts';

/** Limit of one result: about 30,000 tokens. */
const MAX_CHARACTERS = 120_000;
const MAX_TITLE_CHARACTERS = 300;

/**
 * Validates and limits a tool's results before they are stored: at max `max` results, single-line titles, http(s) URLs and
 * clipped texts. Drops results with neither text nor URL. Pure.
 */
export function boundSources(sources: readonly ToolSource[], max: number): ToolSource[] {
  return sources.slice(0, max).flatMap((source) => {
    const title = source.title.replace(/\s+/g, ' ').trim().slice(0, MAX_TITLE_CHARACTERS).toWellFormed();
    const url = source.url === undefined ? undefined : httpUrl(source.url);
    const text = source.text?.replaceAll('\u0000', '').trim().slice(0, MAX_CHARACTERS).toWellFormed();
    if (url === undefined && (text === undefined || text === '')) return [];
    return [{ title, ...(url !== undefined && { url }), ...(text !== undefined && text !== '' && { text }) }];
  });
}

function httpUrl(text: string): string | undefined {
  if (text.length > 2_000 || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '' && url.password === ''
    ? url.href
    : undefined;
}
