import type { Tier } from '@pressroom/contracts';
import type { Vendor } from '../core/models/model-table.ts';
import type { FaultKind } from '../faults/fault-rule.ts';

/** Tokens of a call by how they are billed; the inputs are disjoint. */
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

/** How a call ended, seen from the provider. */
export type CallOutcome = 'ok' | 'error' | 'aborted' | 'cut' | 'reset' | 'hung';

/** One call as the provider saw it. */
export interface CallRecord {
  /** Grows by one with every call that arrives. */
  seq: number;
  requestId: string;
  /** The client's own name for the request, if it gave one. */
  clientRequestId: string | null;
  vendor: Vendor;
  path: string;
  model: string;
  tier: Tier | null;
  /** Name of what was asked for: a schema's or forced tool's name, `text`, `embedding`. */
  purpose: string;
  stream: boolean;
  /** It was an item of a batch, which costs what batches cost. */
  batch?: true;
  startedAt: string;
  finishedAt: string;
  /** Status that was answered, or 0 when nothing was. */
  status: number;
  outcome: CallOutcome;
  /** Did the client close the connection before the reply was complete? */
  clientAborted: boolean;
  faults: readonly FaultKind[];
  /** Usage exactly as the reply reported it; null when the client never got to see one. */
  usage: unknown;
  /** What a bill would hold: of a reply that was broken off, what had been generated up to then. */
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
 * Every call the provider saw: the oracle that ledgers are compared with. Only the newest `capacity` calls are kept one
 * by one; the totals go on counting.
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
      // Names come from clients: an attacker's endless list of them must not fill the memory.
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
