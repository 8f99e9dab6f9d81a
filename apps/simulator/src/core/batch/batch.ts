import type { GenerationRequest } from '../wire/generation.ts';
import type { Parsed } from '../wire/wire-failure.ts';
import type { Vendor } from '../models/model-table.ts';

/** Both vendors expire batches after a day. */
export const BATCH_LIFETIME_MS = 24 * 60 * 60 * 1_000;

export interface BatchItem {
  customId: string;
  /** An item that cannot be parsed fails by itself; the others are processed. */
  request: Parsed<GenerationRequest>;
}

/** A submitted batch; its progress is a function of the time. */
export interface Batch {
  id: string;
  vendor: Vendor;
  /** Owner: only the submitting key can access it. */
  owner: string;
  createdAtMs: number;
  items: readonly BatchItem[];
  /** The uploaded input file, for the vendor that uses files. */
  input: { fileId: string; metadata: Record<string, string> | null } | undefined;
  /** Processing time of all items together; they are processed one at a time, evenly. */
  workMs: number;
  cancelledAtMs: number | undefined;
}

export interface BatchProgress {
  /** Number of processed items, from the first. */
  done: number;
  phase: 'in_progress' | 'ended' | 'cancelled' | 'expired';
  /** Time at which it ended, for any reason. */
  endedAtMs: number | undefined;
}

/** The progress of a batch at a given time. Pure, so simulated batches need a clock but no timers. */
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
