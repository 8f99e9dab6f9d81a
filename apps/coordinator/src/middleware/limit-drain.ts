import type { Request, Response } from 'express';

/** Bytes of an unwanted body that are read and dropped after the reply, so that a caller that is still sending sees it. */
const MAX_DRAINED_BYTES = 1_024 * 1_024;
/** How long the rest of an unwanted body may take, in milliseconds. */
const MAX_DRAIN_MS = 2_000;
const CHECK_MS = 50;

/**
 * Closes the connection of a request whose reply was sent but whose body continues for too long. The HTTP server drops the rest
 * of a body that was not read, without a bound of its own but the request's time-out.
 */
export function limitDrain(request: Request, response: Response): void {
  response.once('finish', () => {
    if (request.complete || request.destroyed) return;
    const { socket } = request;
    const startBytes = socket.bytesRead;
    let checksLeft = MAX_DRAIN_MS / CHECK_MS;
    const timer = setInterval(() => {
      checksLeft -= 1;
      const isOver = request.complete || socket.destroyed;
      if (!isOver && checksLeft > 0 && socket.bytesRead - startBytes <= MAX_DRAINED_BYTES) return;
      clearInterval(timer);
      if (!isOver) socket.destroy();
    }, CHECK_MS);
    timer.unref();
  });
}
