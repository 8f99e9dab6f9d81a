import type { GenerationRequest } from '../wire/generation.ts';
import type { Parsed } from '../wire/wire-failure.ts';
import type { Vendor } from '../models/model-table.ts';

/** Both vendors give up on what is not done within a day. */
export const BATCH_LIFETIME_MS = 24 * 60 * 60 * 1_000;

export interface BatchItem {
  customId: string;
  /** A request that cannot be read errs by itself; the others go on. */
  request: Parsed<GenerationRequest>;
}

/** A batch as it was handed in; what has become of it follows from the time. */
export interface Batch {
  id: string;
  vendor: Vendor;
  /** Who handed it in, and alone may see it. */
  owner: string;
  createdAtMs: number;
  items: readonly BatchItem[];
  /** The uploaded file it came in, where the vendor takes batches as files. */
  input: { fileId: string; metadata: Record<string, string> | null } | undefined;
  /** Time for all items together; they are done one after the other, evenly. */
  workMs: number;
  cancelledAtMs: number | undefined;
}

export interface BatchProgress {
  /** Items done so far, from the first. */
  done: number;
  phase: 'in_progress' | 'ended' | 'cancelled' | 'expired';
  /** When it ended, for whatever reason. */
  endedAtMs: number | undefined;
}

/** What has become of a batch at an instant. Pure: nobody has to wait for a simulated batch, a clock will do. */
export function progressOf(batch: Batch, nowMs: number): BatchProgress {
  const { createdAtMs, workMs, cancelledAtMs, items } = batch;
  const finishedAtMs = createdAtMs + workMs;
  const expiresAtMs = createdAtMs + BATCH_LIFETIME_MS;
  const stoppedAtMs = Math.min(cancelledAtMs ?? Infinity, expiresAtMs);
  const workedMs = Math.min(nowMs, stoppedAtMs) - createdAtMs;
  const done = workMs <= 0 ? items.length : Math.min(items.length, Math.floor((items.length * workedMs) / workMs));
  if (done === items.length) return { done, phase: 'ended', endedAtMs: finishedAtMs };
  if (nowMs < stoppedAtMs) return { done, phase: 'in_progress', endedAtMs: undefined };
  return { done, phase: stoppedAtMs === cancelledAtMs ? 'cancelled' : 'expired', endedAtMs: stoppedAtMs };
}
