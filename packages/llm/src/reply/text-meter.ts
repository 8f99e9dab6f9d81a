/** Counting costs more the smaller the pieces are. */
const PIECE_CHARS = 4_096;

/**
 * Tells when a growing text has passed a number of tokens. A text of fewer bytes than that has not, whatever it says:
 * most replies are never counted here. Counts in pieces, so that it may be late by one.
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
