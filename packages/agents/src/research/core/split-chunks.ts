/** A summary call reads at most this much at once, and usefully at least this much. */
export const CHUNK_TOKENS = { most: 6_000, least: 1_000 } as const;
/** Points a summary call answers at most: beyond that models grow careless. */
export const POINTS_PER_CHUNK = 12;
/** Words of an article that one point carries: a sentence of it. */
export const WORDS_PER_POINT = 18;

/**
 * How large chunks may be so that their points together carry an article of `targetWords` words: a few long sources are
 * read in smaller pieces, many are not. The text is paid for once either way.
 */
export function decideChunkTokens(totalTokens: number, targetWords: number): number {
  const calls = Math.ceil(targetWords / WORDS_PER_POINT / POINTS_PER_CHUNK);
  return Math.min(CHUNK_TOKENS.most, Math.max(CHUNK_TOKENS.least, Math.ceil(totalTokens / calls)));
}

/** Code units of a text, which its size in tokens is estimated from. */
interface Units {
  ascii: number;
  others: number;
}

/** Roughly how many tokens a text takes: a quarter of its ASCII characters, and most of every other one. */
export const estimateTokens = (text: string): number => tokensOf(countUnits(text));

const tokensOf = ({ ascii, others }: Units): number => Math.ceil(ascii / 4 + others / 1.5);

function countUnits(text: string): Units {
  let others = 0;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) others += 1;
  return { ascii: text.length - others, others };
}

/**
 * Cuts a text into chunks of at most `maxTokens`, between paragraphs where it can, else between sentences or words. Nothing
 * is lost but the blanks at the cuts.
 */
export function splitChunks(text: string, maxTokens: number = CHUNK_TOKENS.most): string[] {
  const chunks: string[] = [];
  let rest = text.trim();
  const units = countUnits(rest);
  const evenTokens = evenChunkTokens(tokensOf(units), maxTokens);
  while (tokensOf(units) > maxTokens) {
    const cut = findCut(rest, fittingLength(rest, evenTokens));
    chunks.push(rest.slice(0, cut).trimEnd());
    const next = rest.slice(cut).trimStart();
    const removed = countUnits(rest.slice(0, rest.length - next.length));
    units.ascii -= removed.ascii;
    units.others -= removed.others;
    rest = next;
  }
  return rest === '' ? chunks : [...chunks, rest];
}

/** Cuts rarely fall where they would be ideal: so much more than its even share a chunk may take. */
const SLACK = 1.1;

/** Evenly large chunks rather than full ones and a crumb at the end. */
function evenChunkTokens(totalTokens: number, maxTokens: number): number {
  const chunks = Math.ceil(totalTokens / maxTokens);
  return Math.min(maxTokens, Math.ceil((totalTokens / chunks) * SLACK));
}

/** The length of the longest prefix of at most `maxTokens`, at least 1. */
function fittingLength(text: string, maxTokens: number): number {
  const units = { ascii: 0, others: 0 };
  for (let at = 0; at < text.length; at += 1) {
    units[text.charCodeAt(at) > 0x7f ? 'others' : 'ascii'] += 1;
    if (tokensOf(units) > maxTokens) return Math.max(1, at);
  }
  return text.length;
}

function findCut(text: string, limit: number): number {
  const head = text.slice(0, limit);
  for (const boundary of ['\n\n', '\n', '. ', ' ']) {
    const at = head.lastIndexOf(boundary);
    // A cut in the first half would make many small chunks.
    if (at > limit / 2) return at + boundary.length;
  }
  // Never between the halves of a surrogate pair.
  return /[\ud800-\udbff]$/.test(head) && limit > 1 ? limit - 1 : limit;
}
