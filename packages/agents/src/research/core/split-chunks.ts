/** A summary call reads about this much at once: well within every model's attention, and small enough to run in parallel. */
export const CHUNK_TOKENS = 6_000;

/** Roughly how many tokens a text takes: a quarter of its ASCII characters, and most of every other one. */
export function estimateTokens(text: string): number {
  const others = text.replace(/[\u0000-\u007f]/g, '').length;
  return Math.ceil((text.length - others) / 4 + others / 1.5);
}

/**
 * Cuts a text into chunks of at most `maxTokens`, between paragraphs where it can, else between sentences or words. Nothing
 * is lost but the blanks at the cuts.
 */
export function splitChunks(text: string, maxTokens = CHUNK_TOKENS): string[] {
  const chunks: string[] = [];
  let rest = text.trim();
  while (estimateTokens(rest) > maxTokens) {
    const cut = findCut(rest, fittingLength(rest, maxTokens));
    chunks.push(rest.slice(0, cut).trimEnd());
    rest = rest.slice(cut).trimStart();
  }
  return rest === '' ? chunks : [...chunks, rest];
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
