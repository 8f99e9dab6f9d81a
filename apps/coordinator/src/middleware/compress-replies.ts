import { constants } from 'node:zlib';

import compression from 'compression';
import type { NextFunction, Request, Response } from 'express';

/** Smaller replies fit into one packet: compressing them saves nothing. */
const MIN_BYTES = 1_024;
/** Of 1 to 9: most of the saving for a fraction of the time. */
const GZIP_LEVEL = 4;
/** Of 0 to 11; from 5 on Brotli is several times slower than gzip. */
const BROTLI_QUALITY = 4;
/** Bits of Brotli's window: 256 KiB instead of 4 MiB of memory for each reply. */
const BROTLI_WINDOW_BITS = 18;

/**
 * Compresses replies to GET as `Accept-Encoding` allows, on zlib's threads. Only those: they show what is stored, never a
 * secret beside text of the caller's choice, which compression could be made to reveal. Event streams opt out by
 * `Cache-Control: no-transform`.
 */
export function createCompression(): (request: Request, response: Response, next: NextFunction) => void {
  const compress = compression({
    threshold: MIN_BYTES,
    level: GZIP_LEVEL,
    brotli: {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: BROTLI_WINDOW_BITS,
      },
    },
  });
  return (request, response, next) => {
    if (request.method === 'GET') compress(request, response, next);
    else next();
  };
}
