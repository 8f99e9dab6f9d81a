/**
 * A reply is cut at this multiple of the request's output cap, in tokens of text. Reported usage is clamped to the same
 * multiple of what a request can use.
 */
export const REPLY_LIMIT_MULTIPLE = 2;

/** Allowance for the first events of a stream, keep-alives, and the JSON around the usage. */
const FRAMING_BYTES = 256 * 1_024;
/** One streamed token with its JSON: 250 to 500 bytes at the vendors, padding included. */
const WIRE_BYTES_PER_TOKEN = 1_024;
/** One token of text in JSON, for servers that send the reply in one event. */
const TEXT_BYTES_PER_TOKEN = 32;

export interface WireLimits {
  /** Bytes of a successful reply, decompressed. */
  maxBytes: number;
  /** Bytes of one line: an event is one line. */
  maxLineBytes: number;
  /** Bytes of an error body; the rest is dropped silently. */
  maxErrorBytes: number;
}

/** Limits, decompressed, for the reply to a request with this output cap. */
export const wireLimitsFor = (maxOutputTokens: number): WireLimits => ({
  maxBytes: FRAMING_BYTES + REPLY_LIMIT_MULTIPLE * maxOutputTokens * WIRE_BYTES_PER_TOKEN,
  maxLineBytes: FRAMING_BYTES + REPLY_LIMIT_MULTIPLE * maxOutputTokens * TEXT_BYTES_PER_TOKEN,
  maxErrorBytes: 64 * 1_024,
});
