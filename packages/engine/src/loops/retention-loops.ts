import type { LoopLeaseStore, StorageStore } from '@pressroom/db';
import { type Clock, type Logger } from '@pressroom/runtime';

import type { RetentionJob, RetentionPreview } from '../retention/retention-job.ts';
import { createLeadership } from './leadership.ts';
import { startLoop } from './run-loop.ts';

/** Largest delay of a tenant's stored bytes. */
const STORAGE_MS = 5_000;
const RECONCILE_MS = 60_000;
const PREVIEW_MS = 60_000;
/** Longer than the statement time-out. */
const LEASE_TTL_MS = 30_000;

/** Runs retention and the count of stored bytes, each in one coordinator at a time. Each retention statement renews the lease. */
export function startRetentionLoops(deps: {
  job: RetentionJob;
  intervalSeconds: number;
  storage: Pick<StorageStore, 'measure' | 'reconcileNext'>;
  leases: LoopLeaseStore;
  /** Called with the due rows of each rule, for gauges. */
  onPreview: (previews: readonly RetentionPreview[]) => void;
  clock: Clock;
  log: Logger;
}): { stop(): Promise<void> } {
  const { job, storage, leases, clock, log } = deps;
  const leadership = createLeadership({ leases, ttlMs: LEASE_TTL_MS, clock });
  const loops = [
    startLoop(
      'retention',
      deps.intervalSeconds * 1_000,
      leadership.asLeader('retention', () => job.run(() => leadership.renew('retention'))),
      { clock, log },
    ),
    startLoop(
      'retention_preview',
      PREVIEW_MS,
      leadership.asLeader('retention_preview', async () => {
        deps.onPreview(await job.preview());
      }),
      { clock, log, isSlowed: true },
    ),
    startLoop(
      'storage',
      STORAGE_MS,
      leadership.asLeader('storage', () => storage.measure()),
      { clock, log, isSlowed: true },
    ),
    startLoop(
      'storage_reconcile',
      RECONCILE_MS,
      leadership.asLeader('storage_reconcile', () => storage.reconcileNext()),
      {
        clock,
        log,
        isSlowed: true,
      },
    ),
  ];
  return {
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
      await leadership.release();
    },
  };
}
