import type { Clock } from '@pressroom/runtime';
import { scriptedFailure } from '../core/wire/wire-failure.ts';
import type { FaultBook } from '../faults/fault-book.ts';
import type { BatchShelf } from './batch-shelf.ts';
import type { Exchange } from './exchange.http.ts';
import type { FileShelf } from './file-shelf.ts';

/** What the endpoints of both vendors' batches work with. */
export interface BatchDeps {
  clock: Clock;
  faults: FaultBook;
  batches: BatchShelf;
  files: FileShelf;
  /** How long a batch takes before any scripted delay. */
  batchWorkMs: number;
}

/**
 * Applies the fault script to handing a batch in: how long the work will take, or undefined when the request was
 * answered with a scripted error, or dropped.
 */
export async function admitBatch(exchange: Exchange, path: string, deps: BatchDeps): Promise<number | undefined> {
  const { clock } = deps;
  const faults = deps.faults.apply({ path, model: '', purpose: 'batch' }, clock.nowMs());
  if (faults.latency) await clock.sleep(faults.latency.ms, exchange.signal).catch(() => undefined);
  if (faults.status) {
    exchange.sendFailure(scriptedFailure(faults.status.status, faults.status.retryAfterMs));
    return undefined;
  }
  if (faults.reset) {
    exchange.drop();
    return undefined;
  }
  return deps.batchWorkMs + (faults.delay_batch?.ms ?? 0);
}
