/**
 * A reply is read up to this multiple of the output cap that the request set, in tokens of text; then it is cut. Reported
 * usage beyond the same multiple of what a request can use is not believed.
 */
export const REPLY_LIMIT_MULTIPLE = 2;

/** Headers of a stream's first events, keep-alives, and the JSON around the usage. */
const FRAMING_BYTES = 256 * 1_024;
/** One streamed token with the JSON around it: 250 to 500 bytes at the vendors, padding included. */
const WIRE_BYTES_PER_TOKEN = 1_024;
/** One token of text in JSON, where a server sends its reply in one event. */
const TEXT_BYTES_PER_TOKEN = 32;

export interface WireLimits {
  /** Of a successful reply, decompressed. */
  maxBytes: number;
  /** Of one line of it: an event is one line. */
  maxLineBytes: number;
  /** Of the body of an error status; what is beyond is dropped without a word. */
  maxErrorBytes: number;
}

/** What a reply to a request with this output cap may occupy on the wire, decompressed. */
export const wireLimitsFor = (maxOutputTokens: number): WireLimits => ({
  maxBytes: FRAMING_BYTES + REPLY_LIMIT_MULTIPLE * maxOutputTokens * WIRE_BYTES_PER_TOKEN,
  maxLineBytes: FRAMING_BYTES + REPLY_LIMIT_MULTIPLE * maxOutputTokens * TEXT_BYTES_PER_TOKEN,
  maxErrorBytes: 64 * 1_024,
});
