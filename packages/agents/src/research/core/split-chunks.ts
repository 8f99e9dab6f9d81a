/** Size of the text in one summary call. */
export const CHUNK_TOKENS = { max: 6_000, min: 1_000 } as const;
/** Maximum points of a summary call; the quality of the points decreases beyond it. */
export const POINTS_PER_CHUNK = 12;
/** Words of an article per point: about one sentence. */
export const WORDS_PER_POINT = 18;

/**
 * Chunk size in tokens at which the points suffice for an article of `targetWords` words: smaller for a few long sources
 * than for many. The text is paid for once either way.
 */
export function decideChunkTokens(totalTokens: number, targetWords: number): number {
  const calls = Math.ceil(targetWords / WORDS_PER_POINT / POINTS_PER_CHUNK);
  return Math.min(CHUNK_TOKENS.max, Math.max(CHUNK_TOKENS.min, Math.ceil(totalTokens / calls)));
}

/** Code units of a text, for the estimate of its tokens. */
interface Units {
  ascii: number;
  others: number;
}

/** Estimates the tokens of a text: one per four ASCII characters and two per three others. */
export const estimateTokens = (text: string): number => tokensOf(countUnits(text));

const tokensOf = ({ ascii, others }: Units): number => Math.ceil(ascii / 4 + others / 1.5);

function countUnits(text: string): Units {
  let others = 0;
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) others += 1;
  return { ascii: text.length - others, others };
}

/**
 * Splits a text into chunks of at most `maxTokens`, between paragraphs where possible, else between sentences or words.
 * Removes only the blanks at the cuts.
 */
export function splitChunks(text: string, maxTokens: number = CHUNK_TOKENS.max): string[] {
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

/** Factor by which a chunk may exceed its even share, because cuts fall between paragraphs. */
const SLACK = 1.1;

/** Chunks of equal size instead of full ones and a small last one. */
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
    // A cut in the first half would produce many small chunks.
    if (at > limit / 2) return at + boundary.length;
  }
  // Never splits a surrogate pair.
  return /[\ud800-\udbff]$/.test(head) && limit > 1 ? limit - 1 : limit;
}
