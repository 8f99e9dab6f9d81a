import { randomUUID } from 'node:crypto';
import type { Clock } from '@pressroom/runtime';
import { progressOf, type Batch, type BatchItem, type BatchProgress } from '../core/batch/batch.ts';
import type { Vendor } from '../core/models/model-table.ts';
import type { GeneratedReply } from '../core/wire/generation.ts';
import type { WireFailure } from '../core/wire/wire-failure.ts';

export type ItemResult = { ok: true; reply: GeneratedReply } | { ok: false; failure: WireFailure };

/** A batch with the results of its processed items, in order. */
export interface StoredBatch {
  batch: Batch;
  progress: BatchProgress;
  results: readonly ItemResult[];
  /** Its output files, created by the first call. */
  outputs(make: () => OutputFiles): OutputFiles;
}

/** Output files of a batch; absent without content. */
export interface OutputFiles {
  outputFileId: string | undefined;
  errorFileId: string | undefined;
}

export interface BatchStore {
  add(batch: Pick<Batch, 'vendor' | 'owner' | 'items' | 'input' | 'workMs'>): StoredBatch;
  /** Its current state; undefined for unknown batches and those of another owner. */
  find(vendor: Vendor, owner: string, id: string): StoredBatch | undefined;
  list(vendor: Vendor, owner: string): StoredBatch[];
  cancel(vendor: Vendor, owner: string, id: string): StoredBatch | undefined;
  remove(id: string): void;
  /** Processes due items of every batch, to update the call log. */
  settle(): void;
}

/** Maximum number of stored batches: the oldest are evicted. */
const MAX_BATCHES = 200;

interface Entry {
  batch: Batch;
  results: ItemResult[];
  outputs: OutputFiles | undefined;
}

/** Batches of all owners. Due items are processed on access, without timers. */
export function createBatchStore(deps: {
  clock: Clock;
  work: (owner: string, item: BatchItem) => ItemResult;
}): BatchStore {
  const store = new Map<string, Entry>();

  const settle = (entry: Entry): StoredBatch => {
    const progress = progressOf(entry.batch, deps.clock.nowMs());
    for (const item of entry.batch.items.slice(entry.results.length, progress.done)) {
      entry.results.push(deps.work(entry.batch.owner, item));
    }
    const { batch, results } = entry;
    return { batch, progress, results, outputs: (make) => (entry.outputs ??= make()) };
  };
  const lookUp = (vendor: Vendor, owner: string, id: string) => {
    const entry = store.get(id);
    return entry?.batch.owner === owner && entry.batch.vendor === vendor ? entry : undefined;
  };

  return {
    add(given) {
      const id = `${given.vendor === 'openai' ? 'batch' : 'msgbatch'}_sim_${randomUUID().replaceAll('-', '')}`;
      const createdAtMs = deps.clock.nowMs();
      const entry: Entry = {
        batch: { ...given, id, createdAtMs, cancelledAtMs: undefined },
        results: [],
        outputs: undefined,
      };
      store.set(id, entry);
      const oldest = store.keys().next().value;
      if (store.size > MAX_BATCHES && oldest !== undefined) store.delete(oldest);
      return settle(entry);
    },
    find(vendor, owner, id) {
      const entry = lookUp(vendor, owner, id);
      return entry && settle(entry);
    },
    list: (vendor, owner) =>
      [...store.values()]
        .filter(({ batch }) => batch.owner === owner && batch.vendor === vendor)
        .reverse()
        .map(settle),
    cancel(vendor, owner, id) {
      const entry = lookUp(vendor, owner, id);
      if (!entry) return undefined;
      if (settle(entry).progress.phase === 'in_progress') {
        entry.batch = { ...entry.batch, cancelledAtMs: deps.clock.nowMs() };
      }
      return settle(entry);
    },
    remove(id) {
      store.delete(id);
    },
    settle() {
      for (const entry of store.values()) settle(entry);
    },
  };
}
