import type { Tier } from '@pressroom/contracts';
import type { Vendor } from '../core/models/model-table.ts';
import type { FaultKind } from '../faults/fault-rule.ts';

/** Tokens of a call by price class; the inputs are disjoint. */
export interface BilledUsage {
  uncachedInput: number;
  cacheRead: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
  output: number;
  reasoning: number;
}

export const NOTHING_BILLED: BilledUsage = {
  uncachedInput: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  output: 0,
  reasoning: 0,
};

/** How a call ended, from the provider's view. */
export type CallOutcome = 'ok' | 'error' | 'aborted' | 'cut' | 'reset' | 'hung';

/** One call from the provider's view. */
export interface CallRecord {
  /** Incremented with every incoming call. */
  seq: number;
  requestId: string;
  /** The client's request id, if it sent one. */
  clientRequestId: string | null;
  vendor: Vendor;
  path: string;
  model: string;
  tier: Tier | null;
  /** Requested output: the name of a schema or forced tool, `text`, or `embedding`. */
  purpose: string;
  stream: boolean;
  /** Whether it was an item of a batch, which has its own price. */
  batch?: true;
  startedAt: string;
  finishedAt: string;
  /** HTTP status of the response, or 0 without one. */
  status: number;
  outcome: CallOutcome;
  /** Whether the client closed the connection before the reply was complete. */
  clientAborted: boolean;
  faults: readonly FaultKind[];
  /** Usage as reported in the reply; null when the client did not receive any. */
  usage: unknown;
  /** Billed usage: for an interrupted reply, the tokens generated until then. */
  billed: BilledUsage;
}

export interface CallTotals {
  calls: number;
  ok: number;
  failed: number;
  clientAborted: number;
  billed: BilledUsage;
}

export interface CallLog {
  record(call: Omit<CallRecord, 'seq'>): void;
  /** The newest calls, oldest first. */
  list(): CallRecord[];
  totals(): { all: CallTotals; byModel: Record<string, CallTotals> };
  clear(): void;
}

/**
 * Log of every call, with which tests compare ledgers. Only the newest `capacity` calls are kept individually; the totals
 * include all.
 */
export function createCallLog(capacity = 20_000): CallLog {
  let calls: CallRecord[] = [];
  let seq = 0;
  let all = emptyTotals();
  let byModel = new Map<string, CallTotals>();
  return {
    record(call) {
      calls.push({ seq: ++seq, ...call });
      if (calls.length > capacity * 1.25) calls = calls.slice(-capacity);
      const own = byModel.get(call.model) ?? emptyTotals();
      // Clients choose the names, so their number is bounded.
      if (byModel.has(call.model) || byModel.size < 1_000) byModel.set(call.model, own);
      for (const totals of [all, own]) addTo(totals, call);
    },
    list: () => calls.slice(-capacity),
    totals: () => structuredClone({ all, byModel: Object.fromEntries(byModel) }),
    clear() {
      calls = [];
      all = emptyTotals();
      byModel = new Map();
    },
  };
}

const emptyTotals = (): CallTotals => ({ calls: 0, ok: 0, failed: 0, clientAborted: 0, billed: { ...NOTHING_BILLED } });

function addTo(totals: CallTotals, call: Omit<CallRecord, 'seq'>): void {
  totals.calls += 1;
  if (call.outcome === 'ok') totals.ok += 1;
  else totals.failed += 1;
  if (call.clientAborted) totals.clientAborted += 1;
  for (const key of Object.keys(totals.billed) as (keyof BilledUsage)[]) totals.billed[key] += call.billed[key];
}
