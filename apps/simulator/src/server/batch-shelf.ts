import { randomUUID } from 'node:crypto';
import type { Clock } from '@pressroom/runtime';
import { progressOf, type Batch, type BatchItem, type BatchProgress } from '../core/batch/batch.ts';
import type { Vendor } from '../core/models/model-table.ts';
import type { GeneratedReply } from '../core/wire/generation.ts';
import type { WireFailure } from '../core/wire/wire-failure.ts';

export type ItemResult = { ok: true; reply: GeneratedReply } | { ok: false; failure: WireFailure };

/** A batch with what its done items came to, in their order. */
export interface ShelvedBatch {
  batch: Batch;
  progress: BatchProgress;
  results: readonly ItemResult[];
  /** Its output files: the first call makes them, and they stay. */
  outputs(make: () => OutputFiles): OutputFiles;
}

/** Files that hold what a batch has come to; absent where there is nothing of the kind. */
export interface OutputFiles {
  outputFileId: string | undefined;
  errorFileId: string | undefined;
}

export interface BatchShelf {
  add(batch: Pick<Batch, 'vendor' | 'owner' | 'items' | 'input' | 'workMs'>): ShelvedBatch;
  /** As it is now; undefined for another's, as for one that is unknown. */
  find(vendor: Vendor, owner: string, id: string): ShelvedBatch | undefined;
  list(vendor: Vendor, owner: string): ShelvedBatch[];
  cancel(vendor: Vendor, owner: string, id: string): ShelvedBatch | undefined;
  remove(id: string): void;
  /** Works on whatever is due in every batch, so that the record of calls is up to date. */
  settle(): void;
}

/** More batches than this are not kept: the oldest go first. */
const MOST_BATCHES = 200;

interface Entry {
  batch: Batch;
  results: ItemResult[];
  outputs: OutputFiles | undefined;
}

/** Batches of all owners. Items are worked on when somebody asks and they are due: there is no timer behind them. */
export function createBatchShelf(deps: {
  clock: Clock;
  work: (owner: string, item: BatchItem) => ItemResult;
}): BatchShelf {
  const shelf = new Map<string, Entry>();

  const settle = (entry: Entry): ShelvedBatch => {
    const progress = progressOf(entry.batch, deps.clock.nowMs());
    for (const item of entry.batch.items.slice(entry.results.length, progress.done)) {
      entry.results.push(deps.work(entry.batch.owner, item));
    }
    const { batch, results } = entry;
    return { batch, progress, results, outputs: (make) => (entry.outputs ??= make()) };
  };
  const lookUp = (vendor: Vendor, owner: string, id: string) => {
    const entry = shelf.get(id);
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
      shelf.set(id, entry);
      const oldest = shelf.keys().next().value;
      if (shelf.size > MOST_BATCHES && oldest !== undefined) shelf.delete(oldest);
      return settle(entry);
    },
    find(vendor, owner, id) {
      const entry = lookUp(vendor, owner, id);
      return entry && settle(entry);
    },
    list: (vendor, owner) =>
      [...shelf.values()]
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
      shelf.delete(id);
    },
    settle() {
      for (const entry of shelf.values()) settle(entry);
    },
  };
}
