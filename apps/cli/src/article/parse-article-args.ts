import { parseArgs, type ParseArgsConfig } from 'node:util';

import { QUALITIES, type Quality } from '@pressroom/contracts';

import { UsageError } from '../usage-error.ts';

export interface ArticleArgs {
  topic: string | undefined;
  /** Files and URLs, in the order given. */
  sources: readonly string[];
  words: number | undefined;
  sections: number | undefined;
  quality: Quality | undefined;
  json: boolean;
  help: boolean;
}

/** What each option is for, in the form of a usage text. */
export const ARTICLE_OPTIONS = `  --topic "…"            what the article is about
  --sources FILE|URL …   your own material: text or Markdown files, web pages
  --words N              length to aim at
  --sections N           number of sections
  --quality Q            ${QUALITIES.join(', ')}
  --json                 one JSON object on standard output, nothing else there
  --help                 this text`;

const OPTIONS = {
  topic: { type: 'string' },
  sources: { type: 'string', multiple: true },
  words: { type: 'string' },
  sections: { type: 'string' },
  quality: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];

/**
 * Parses the options of an article. `--sources` takes every word that follows it, up to the next option. Bounds are the
 * API's to check, which names them all.
 * @throws {UsageError}
 */
export function parseArticleArgs(args: readonly string[]): ArticleArgs {
  const { values, positionals } = parse(args);
  if (positionals.length > 0 && values.sources === undefined) {
    throw new UsageError(`unexpected argument: ${positionals[0] ?? ''}`);
  }
  const sources = [...(values.sources ?? []), ...positionals];
  if (sources.length > 0 && values.topic === undefined)
    throw new UsageError('--sources needs --topic: what is the article about?');
  return {
    topic: values.topic,
    sources,
    words: wholeNumber('--words', values.words),
    sections: wholeNumber('--sections', values.sections),
    quality: quality(values.quality),
    json: values.json ?? false,
    help: values.help ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // Only its first sentence is for people; the rest explains the parser.
    throw new UsageError((error as Error).message.split('. ')[0] ?? 'unknown option');
  }
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`${name} must be a whole number, got ${JSON.stringify(text)}`);
  return Number(text);
}

function quality(text: string | undefined): Quality | undefined {
  const known = QUALITIES.find((word) => word === text);
  if (text !== undefined && known === undefined) {
    throw new UsageError(`--quality must be one of ${QUALITIES.join(', ')}, got ${JSON.stringify(text)}`);
  }
  return known;
}
