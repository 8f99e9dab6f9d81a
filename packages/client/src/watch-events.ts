import type { TaskEvent } from '@pressroom/contracts';
import { EventSourceParserStream } from 'eventsource-parser/stream';

import { ApiError, ConnectionError } from './api-error.ts';
import { isTransient, type Transport } from './transport.ts';

export interface WatchOptions {
  /** Sequence number of the last event already seen; default: from the start. */
  afterSeq?: number;
  signal?: AbortSignal;
  /** Maximum consecutive attempts without events. Default 10. */
  maxSilentAttempts?: number;
}

const DEFAULT_RECONNECT_MS = 1_000;
const MAX_RECONNECT_MS = 10_000;
const MAX_SILENT_ATTEMPTS = 10;

/**
 * Yields the events of a task in order, each once, until the last one. Reconnects automatically and resumes after the last
 * event; ends without an error when the signal aborts.
 * @throws {ApiError} when the task cannot be watched
 * @throws {ConnectionError} when the server stays unavailable
 */
export async function* watchEvents(
  transport: Transport,
  path: string,
  options: WatchOptions = {},
): AsyncGenerator<TaskEvent, void, undefined> {
  const { signal, maxSilentAttempts = MAX_SILENT_ATTEMPTS } = options;
  let seq = options.afterSeq ?? 0;
  let reconnectMs = DEFAULT_RECONNECT_MS;
  let silentAttempts = 0;
  const isAborted = (): boolean => signal?.aborted === true;
  while (!isAborted()) {
    const seqBefore: number = seq;
    let failure: Error | undefined;
    try {
      const response = await transport.send(path, {
        headers: { Accept: 'text/event-stream', ...(seq > 0 && { 'Last-Event-ID': String(seq) }) },
        signal,
        isRepeatable: false,
      });
      // The task has ended and all events were read.
      if (response.status === 204 || response.body === null) return;
      const stream = readEvents(response.body, (ms) => {
        reconnectMs = ms;
      });
      for await (const event of stream) {
        if (event.seq <= seq) continue;
        seq = event.seq;
        yield event;
      }
    } catch (error) {
      if (isAborted()) return;
      if (error instanceof ApiError && !isTransient(error)) throw error;
      failure = error instanceof Error ? error : new ConnectionError(String(error));
    }
    // A connection that delivered events ended normally; reconnect immediately.
    silentAttempts = seq > seqBefore ? 0 : silentAttempts + 1;
    if (silentAttempts >= maxSilentAttempts) throw failure ?? new ConnectionError('the event stream keeps ending');
    if (failure === undefined && silentAttempts === 0) continue;
    const asked = failure instanceof ApiError ? failure.retryAfterMs : undefined;
    const pauseMs = Math.min(MAX_RECONNECT_MS, asked ?? reconnectMs * 2 ** Math.max(0, silentAttempts - 1));
    await transport.sleep(pauseMs, signal).catch(() => undefined);
  }
}

async function* readEvents(
  body: ReadableStream<Uint8Array>,
  onRetry: (ms: number) => void,
): AsyncGenerator<TaskEvent, void, undefined> {
  const messages = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .pipeThrough(new EventSourceParserStream({ onRetry }));
  const reader = messages.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield JSON.parse(value.data) as TaskEvent;
    }
  } finally {
    // Also when the caller stops early, so that the connection is closed.
    await reader.cancel().catch(() => undefined);
  }
}
