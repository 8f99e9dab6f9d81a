import type { Clock } from '@pressroom/runtime';
import { scriptedFailure } from '../core/wire/wire-failure.ts';
import type { FaultRegistry } from '../faults/fault-registry.ts';
import type { BatchStore } from './batch-store.ts';
import type { RequestContext } from './request-context.http.ts';
import type { FileStore } from './file-store.ts';

/** Dependencies of the batch endpoints of both vendors. */
export interface BatchDeps {
  clock: Clock;
  faults: FaultRegistry;
  batches: BatchStore;
  files: FileStore;
  /** Processing time of a batch without scripted delays. */
  batchWorkMs: number;
}

/**
 * Applies the fault script to the submission of a batch. Returns its processing time, or undefined when the request was
 * answered with a scripted error or dropped.
 */
export async function admitBatch(context: RequestContext, path: string, deps: BatchDeps): Promise<number | undefined> {
  const { clock } = deps;
  const faults = deps.faults.apply({ path, model: '', purpose: 'batch' }, clock.nowMs());
  if (faults.latency) await clock.sleep(faults.latency.ms, context.signal).catch(() => undefined);
  if (faults.status) {
    context.sendFailure(scriptedFailure(faults.status.status, faults.status.retryAfterMs));
    return undefined;
  }
  if (faults.reset) {
    context.drop();
    return undefined;
  }
  return deps.batchWorkMs + (faults.delay_batch?.ms ?? 0);
}
