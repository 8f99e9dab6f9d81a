import { type Duplex, PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

import type { Clock } from '../clock.ts';
import { FetchTimedOutError, FetchTooLargeError, FetchUnsupportedTypeError } from './fetch-errors.ts';

export interface BodyLimits {
  /** Bytes, counted on the wire and again after decompression. */
  maxBytes: number;
  /** Minimum average rate after the grace period; a slower body is aborted. */
  minBytesPerSecond: number;
  rateGraceMs: number;
}

/** Handling of the first byte beyond the limit: fail, or return the bytes before it. */
export type Overflow = 'fail' | 'cut';

const DECODERS: Readonly<Record<string, () => Duplex>> = {
  identity: () => new PassThrough(),
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** Supported encodings, for the `accept-encoding` header. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

/**
 * Reads and decompresses a response body within limits, stopping at the first excess byte, so that neither a large body nor
 * a decompression bomb is ever held in memory.
 *
 * @param encoding the `content-encoding` header; multiple encodings are rejected
 * @param options.overflow default `fail`; `cut` returns at most `maxBytes` of a longer body
 * @throws FetchTooLargeError, FetchTimedOutError, FetchUnsupportedTypeError, or the signal's reason
 */
export async function readBody(
  body: Readable,
  encoding: string | undefined,
  options: { limits: BodyLimits; overflow?: Overflow; clock: Clock; signal: AbortSignal },
): Promise<Uint8Array> {
  const { limits, overflow = 'fail', clock, signal } = options;
  const decoder = DECODERS[encoding?.trim().toLowerCase() || 'identity'];
  if (decoder === undefined) {
    body.destroy();
    throw new FetchUnsupportedTypeError('the content encoding is not supported');
  }
  const startedMs = clock.monotonicMs();
  let wireBytes = 0;
  const drip = watchRate(() => wireBytes, startedMs, options);
  const chunks: Uint8Array[] = [];
  let isCut = false as boolean;
  /** Throws, or returns whether to stop here. */
  const overflows = (bytes: number): boolean => {
    if (bytes <= limits.maxBytes) return false;
    if (overflow === 'fail') throw tooLarge(limits.maxBytes);
    isCut = true;
    return true;
  };
  try {
    await pipeline(
      body,
      async function* countWire(source: AsyncIterable<Uint8Array>) {
        for await (const chunk of source) {
          wireBytes += chunk.byteLength;
          const isLast = overflows(wireBytes);
          yield chunk;
          if (isLast) return;
        }
      },
      decoder(),
      async (source: AsyncIterable<Uint8Array>) => {
        let bytes = 0;
        for await (const chunk of source) {
          bytes += chunk.byteLength;
          chunks.push(chunk);
          if (overflows(bytes)) return;
        }
      },
      { signal: AbortSignal.any([signal, drip.signal]) },
    );
  } catch (error) {
    if (drip.signal.aborted) throw drip.signal.reason as Error;
    if (signal.aborted) throw signal.reason as Error;
    // In this case the early stop is what broke the pipeline.
    if (!isCut) throw error;
  } finally {
    drip.stop();
  }
  const whole = Buffer.concat(chunks);
  return whole.length > limits.maxBytes ? whole.subarray(0, limits.maxBytes) : whole;
}

export const tooLarge = (maxBytes: number): FetchTooLargeError =>
  new FetchTooLargeError(`the response is larger than ${maxBytes} bytes`);

function watchRate(
  bytesSoFar: () => number,
  startedMs: number,
  { limits, clock }: { limits: BodyLimits; clock: Clock },
): { signal: AbortSignal; stop: () => void } {
  const drip = new AbortController();
  const done = new AbortController();
  const watch = async (): Promise<void> => {
    while (!done.signal.aborted) {
      await clock.sleep(limits.rateGraceMs, done.signal);
      const seconds = (clock.monotonicMs() - startedMs) / 1_000;
      if (bytesSoFar() >= seconds * limits.minBytesPerSecond) continue;
      drip.abort(new FetchTimedOutError(`the response is slower than ${limits.minBytesPerSecond} bytes a second`));
      return;
    }
  };
  watch().catch(() => undefined);
  return {
    signal: drip.signal,
    stop: () => {
      done.abort();
    },
  };
}
