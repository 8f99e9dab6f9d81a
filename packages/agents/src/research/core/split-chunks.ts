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

/** Roughly how many tokens a text takes: a quarter of its ASCII characters, and most of every other one. */
export function estimateTokens(text: string): number {
  const others = text.replace(/[\u0000-\u007f]/g, '').length;
  return Math.ceil((text.length - others) / 4 + others / 1.5);
}

/**
 * Cuts a text into chunks of at most `maxTokens`, between paragraphs where it can, else between sentences or words. Nothing
 * is lost but the blanks at the cuts.
 */
export function splitChunks(text: string, maxTokens: number = CHUNK_TOKENS.most): string[] {
  const chunks: string[] = [];
  let rest = text.trim();
  const evenTokens = evenChunkTokens(estimateTokens(rest), maxTokens);
  while (estimateTokens(rest) > maxTokens) {
    const cut = findCut(rest, fittingLength(rest, evenTokens));
    chunks.push(rest.slice(0, cut).trimEnd());
    rest = rest.slice(cut).trimStart();
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

/** The longest beginning that fits, by bisection: tokens grow with length. */
function fittingLength(text: string, maxTokens: number): number {
  let fits = 1;
  let exceeds = Math.min(text.length, maxTokens * 4 + 1);
  while (exceeds - fits > 1) {
    const middle = Math.floor((fits + exceeds) / 2);
    if (estimateTokens(text.slice(0, middle)) <= maxTokens) fits = middle;
    else exceeds = middle;
  }
  return fits;
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
