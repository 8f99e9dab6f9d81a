import { MAX_BULK_TASKS } from '@pressroom/contracts';
import type { Request } from 'express';

import { MAX_BODY_BYTES, MAX_BULK_BODY_BYTES } from '../core/body-limits.ts';
import { createArraySplitter, createLineSplitter, type RawItem, type SplitFault } from '../core/split-items.ts';
import { invalid, RequestError } from '../errors/request-error.ts';
import type { InFlightRequest } from './in-flight.ts';
import { allowBody, bodyTooLarge, checkDeclaredSize, checkMediaType, RequestAbortedError } from './read-body.ts';

const NDJSON = ['application/x-ndjson', 'application/ndjson'];

/** One item of a bulk request in the order sent. `isLast`: the rest was not read. */
export interface BulkItem {
  index: number;
  content: Buffer | RequestError;
  /** Frees the bytes of the item for the next ones. */
  release: () => void;
}

/**
 * Reads the items of a bulk request as they arrive: an array's elements or NDJSON's lines. It reads no further while its
 * items are not taken, and holds no more than the limits of the caller allow. A fault after the first item ends the list
 * with that fault as its last item, because the items before it have been worked on.
 *
 * @throws {RequestError} for a fault before the first item: UNSUPPORTED_MEDIA_TYPE, BODY_TOO_LARGE, CONCURRENCY_LIMITED,
 *   MALFORMED_JSON, VALIDATION_FAILED
 * @throws {RequestAbortedError}
 */
export async function* readBulk(
  request: Request,
  inFlight: Pick<InFlightRequest, 'tryReserveBody' | 'reserveBody' | 'releaseBody' | 'takeTurn'>,
): AsyncGenerator<BulkItem, void, undefined> {
  checkMediaType(request, ['application/json', ...NDJSON]);
  checkDeclaredSize(request, MAX_BULK_BODY_BYTES);
  allowBody(request);
  let index = 0;
  const room = createRoom(inFlight);
  try {
    for await (const item of rawItems(request, room, inFlight)) {
      if (index >= MAX_BULK_TASKS) throw tooManyTasks();
      const size = 'text' in item ? item.text.length : 0;
      const content = 'text' in item ? item.text : bodyTooLarge(MAX_BODY_BYTES, 'task');
      yield { index, content, release: room.hold(size) };
      index += 1;
    }
    if (index === 0) throw invalid([{ path: '', message: 'holds no task' }]);
  } catch (error) {
    if (index === 0 || !(error instanceof RequestError)) throw error;
    yield { index, content: error, release: () => undefined };
  }
}

/** The bytes of one bulk request: reserved as they arrive, released with the item they belong to. */
interface Room {
  /** Waits for items of the same request to be released when the limit is reached. @throws {RequestError} */
  reserve(bytes: number): Promise<void>;
  /** Marks bytes as an item's. */
  hold(bytes: number): () => void;
  release(bytes: number): void;
}

function createRoom(inFlight: Pick<InFlightRequest, 'tryReserveBody' | 'reserveBody' | 'releaseBody'>): Room {
  let held = 0;
  let wake: () => void = () => undefined;
  return {
    async reserve(bytes) {
      while (!inFlight.tryReserveBody(bytes)) {
        // Nothing of this request will be released: the room is taken by others.
        if (held === 0) {
          inFlight.reserveBody(bytes);
          return;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    hold(bytes) {
      held += bytes;
      return () => {
        held -= bytes;
        inFlight.releaseBody(bytes);
        wake();
      };
    },
    release(bytes) {
      inFlight.releaseBody(bytes);
    },
  };
}

async function* rawItems(
  request: Request,
  room: Room,
  inFlight: Pick<InFlightRequest, 'takeTurn'>,
): AsyncGenerator<RawItem, void, undefined> {
  const isNdjson = NDJSON.some((type) => (request.headers['content-type'] ?? '').toLowerCase().startsWith(type));
  const splitter = isNdjson ? createLineSplitter(MAX_BODY_BYTES) : createArraySplitter(MAX_BODY_BYTES);
  let received = 0;
  // Bytes reserved that no item has taken yet: part of one that is still arriving.
  let pending = 0;
  const account = (items: readonly RawItem[], arrived: number): void => {
    const taken = items.reduce((sum, item) => sum + ('text' in item ? item.text.length : 0), 0);
    pending += arrived - taken;
    // Separators, spaces and items that were dropped leave nothing to hold.
    const excess = pending - splitter.bufferedBytes;
    pending -= excess;
    room.release(excess);
  };
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      received += chunk.length;
      if (received > MAX_BULK_BODY_BYTES) throw bodyTooLarge(MAX_BULK_BODY_BYTES);
      await room.reserve(chunk.length);
      await inFlight.takeTurn();
      const items = splitter.push(chunk);
      account(items, chunk.length);
      yield* items;
      if (splitter.fault !== undefined) throw faultOf(splitter.fault);
    }
    if (received === 0) throw new RequestError('MALFORMED_JSON', 'the body is empty');
    const items = splitter.end();
    account(items, 0);
    yield* items;
    if (splitter.fault !== undefined) throw faultOf(splitter.fault);
  } catch (error) {
    if (request.errored === null) throw error;
    throw new RequestAbortedError('the caller went away', { cause: error });
  } finally {
    room.release(pending);
    // What was not read is dropped, so that the connection can be used or closed.
    request.resume();
  }
}

function faultOf(fault: SplitFault): RequestError {
  if (fault === 'not_a_list') return invalid([{ path: '', message: 'must be an array of tasks' }]);
  const detail = fault === 'truncated' ? 'the array has no end' : 'the body is not a JSON array';
  return new RequestError('MALFORMED_JSON', `${detail}; what follows was not read`);
}

function tooManyTasks(): RequestError {
  const message = `holds more than ${MAX_BULK_TASKS} tasks; this one and those after it were not read: send them in a further request`;
  return new RequestError('VALIDATION_FAILED', `the body ${message}`, {
    errors: [{ path: '', message }],
    members: { limit: { name: 'bulkTasks', scope: 'request', value: MAX_BULK_TASKS } },
  });
}
