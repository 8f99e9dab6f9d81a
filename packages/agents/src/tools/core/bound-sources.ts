import type { ToolSource } from '../research-tool.ts';

/** More of one result is not read: about 30,000 tokens. */
const MOST_CHARACTERS = 120_000;
const MOST_TITLE_CHARACTERS = 300;

/**
 * A tool's results within bounds, before anything keeps them: at most `most`, titles of one line, addresses that are
 * addresses, texts that are not endless. Results with neither text nor address are dropped. Pure.
 */
export function boundSources(sources: readonly ToolSource[], most: number): ToolSource[] {
  return sources.slice(0, most).flatMap((source) => {
    const title = source.title.replace(/\s+/g, ' ').trim().slice(0, MOST_TITLE_CHARACTERS).toWellFormed();
    const url = source.url === undefined ? undefined : httpUrl(source.url);
    const text = source.text?.replaceAll('\u0000', '').trim().slice(0, MOST_CHARACTERS).toWellFormed();
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
