/** Characters per count: counting small pieces costs more. */
const PIECE_CHARS = 4_096;

/**
 * Returns whether a growing text has exceeded a number of tokens. A text with fewer bytes than that cannot have, so most
 * replies are never counted. Counts in pieces, so it may detect the limit one piece late.
 */
export function createTextMeter(limitTokens: number, countText: (text: string) => number): (delta: string) => boolean {
  const pieceChars = Math.min(PIECE_CHARS, Math.max(256, limitTokens));
  let bytes = 0;
  let tokens = 0;
  let uncounted = '';
  return (delta) => {
    bytes += Buffer.byteLength(delta);
    uncounted += delta;
    if (bytes <= limitTokens || uncounted.length < pieceChars) return false;
    tokens += countText(uncounted);
    uncounted = '';
    return tokens > limitTokens;
  };
}
