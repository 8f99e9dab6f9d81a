import type { TaskEvent } from '@pressroom/contracts';
import type { Response } from 'express';

import { presentEvent } from './present-event.ts';

/** Bytes a client may be behind before it is cut off; it resumes from its last event when it reconnects. */
export const MAX_BUFFERED_BYTES = 512 * 1024;

/** How soon a client should reconnect, in milliseconds. */
const RECONNECT_MS = 1_000;

export interface EventStream {
  send(event: TaskEvent): void;
  /** A comment: keeps proxies from timing the connection out. */
  heartbeat(): void;
  end(): void;
}

/** Opens `text/event-stream` on a response. A client that cannot keep up is disconnected, never buffered without bound. */
export function openEventStream(response: Response, maxBufferedBytes = MAX_BUFFERED_BYTES): EventStream {
  response.statusCode = 200;
  response.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store, no-transform');
  // Nginx would hold events back until its buffer is full.
  response.setHeader('X-Accel-Buffering', 'no');
  response.flushHeaders();
  response.socket?.setNoDelay(true);

  const write = (text: string): void => {
    if (response.writableEnded || response.destroyed) return;
    response.write(text);
    if (response.writableLength > maxBufferedBytes) response.destroy();
  };
  write(`retry: ${RECONNECT_MS}\n\n`);

  return {
    send: (event) => {
      write(formatEvent(presentEvent(event)));
    },
    heartbeat: () => {
      write(': keep-alive\n\n');
    },
    end: () => {
      if (!response.writableEnded) response.end();
    },
  };
}

/** One event on the wire; JSON holds no raw line break, so `data` is one line. */
export function formatEvent(event: TaskEvent): string {
  return `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
