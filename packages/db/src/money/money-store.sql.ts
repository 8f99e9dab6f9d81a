import type { Database, Statement } from '../connection/database.ts';
import { toJsonb } from '../connection/to-jsonb.ts';

/** Fields of a ledger entry, named after the columns; without amounts and status. */
export interface LedgerEntryFacts {
  tenantId: string;
  taskId: string;
  stepId: string;
  stepKey: string;
  agent: string;
  taskType: string;
  generation: number;
  attempt: number;
  path: string;
  purpose: string;
  tier: string;
  provider: string;
  model: string;
  uncachedInput: number;
  cacheRead: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
  output: number;
  reasoning: number;
  cache: string;
  lever: string | null;
  promptId: string;
  promptVersion: string;
  route: Record<string, unknown>;
  priceVersion: string;
  simulated: boolean;
  latencyMs: number;
  errorCode: string | null;
  reservationId: string | null;
  /** Why the entry is not exact. */
  limitation?: string;
  serviceTier?: string;
}

export interface Reservation {
  id: string;
  sessionId: string;
  taskId: string;
  stepId: string;
  attempt: number;
  amountNano: string;
  /** Keys of the budget counters in scope; missing ones do not limit. */
  budgets: readonly string[];
  /** Ledger entry at worst case, written if the process crashes; includes `baselineNano`. */
  entry: LedgerEntryFacts & { baselineNano: string };
}

export type ReservationAnswer =
  | { id: string; outcome: 'reserved' | 'fenced' }
  | {
      id: string;
      outcome: 'over_budget';
      /** Key of the tightest budget in scope. */
      budget: string;
      shortfallNano: bigint;
      /** Values of that budget, read after the rejection. */
      limitNano: bigint;
      spentNano: bigint;
    };

export interface EndedCall {
  reservationId: string;
  status: string;
  costNano: string;
  baselineNano: string;
  budgets: readonly string[];
  entry: LedgerEntryFacts;
  journal?: { stepId: string; generation: number; path: string; requestHash: string; taskId: string; reply: unknown };
}

/** Ledger entry of a reused reply: free, with the cost that the call would have had. */
export interface AvoidedEntry {
  entry: LedgerEntryFacts;
  baselineNano: string;
}

export interface JournalKeyRow {
  stepId: string;
  generation: number;
  path: string;
  requestHash: string;
}

export interface MoneyStore {
  /** Reserves the worst-case cost of many calls in one statement. Idempotent by id. */
  reserve(items: readonly Reservation[]): Promise<ReservationAnswer[]>;
  /** Ends many calls in one durable statement: journal, ledger and settlement. Idempotent by reservation. */
  endCalls(items: readonly EndedCall[]): Promise<void>;
  /**
   * Settles a reservation as `uncertain` at its worst case, with the entry stored at reservation. No-op when it is settled
   * already.
   */
  writeOff(reservationId: string, limitation: string): Promise<void>;
  findReply(key: JournalKeyRow): Promise<unknown>;
  /** Stores the result of a tool; an existing one is kept. */
  saveReply(taskId: string, key: JournalKeyRow, reply: unknown): Promise<void>;
  ensurePartitions(months: number): Promise<void>;
}

const RESERVE: Statement = { name: 'money.reserve', text: `SELECT * FROM reserve_calls($1::jsonb)` };
const COUNTERS: Statement = {
  name: 'money.counters',
  text: `SELECT key, limit_nano::text AS "limit", spent_nano::text AS spent FROM budget_counter WHERE key = ANY ($1)`,
};
const END: Statement = { name: 'money.end_calls', text: `SELECT end_calls($1::jsonb)` };
const WRITE_OFF: Statement = {
  name: 'money.write_off',
  text: `SELECT write_off_reservations(ARRAY[$1::uuid], $2)`,
};
const FIND: Statement = {
  name: 'money.find_reply',
  text: `SELECT reply FROM call WHERE step_id = $1 AND generation = $2 AND path = $3 AND request_hash = $4`,
};
const SAVE: Statement = {
  name: 'money.save_reply',
  // Stores nothing when the content of the task was deleted during the call.
  text: `INSERT INTO call (step_id, generation, path, request_hash, task_id, reply)
         SELECT $1, $2, $3, $4, $5, $6::jsonb
         WHERE NOT EXISTS (SELECT 1 FROM task t WHERE t.id = $5 AND t.content_deleted_at IS NOT NULL)
         ON CONFLICT DO NOTHING`,
};
const PARTITIONS: Statement = { name: 'money.partitions', text: `SELECT ensure_ledger_partitions($1)` };

export function createMoneyStore(database: Database): MoneyStore {
  return {
    async reserve(items) {
      const rows = await database.run<{
        id: string;
        outcome: 'reserved' | 'fenced' | 'over_budget';
        budget: string | null;
        shortfall: string | null;
      }>(RESERVE, [toJsonb(items)]);
      const exhausted = rows.flatMap(({ budget }) => budget ?? []);
      const counters = await readCounters(database, exhausted);
      return rows.map((row) => {
        if (row.outcome !== 'over_budget') return { id: row.id, outcome: row.outcome };
        const budget = row.budget ?? '';
        const counter = counters.get(budget);
        return {
          id: row.id,
          outcome: row.outcome,
          budget,
          shortfallNano: BigInt(row.shortfall ?? 0),
          limitNano: BigInt(counter?.limit ?? 0),
          spentNano: BigInt(counter?.spent ?? 0),
        };
      });
    },
    async endCalls(items) {
      await database.run(END, [toJsonb(items)]);
    },
    async writeOff(reservationId, limitation) {
      await database.run(WRITE_OFF, [reservationId, limitation]);
    },
    async findReply(key) {
      const [row] = await database.run<{ reply: unknown }>(FIND, [
        key.stepId,
        key.generation,
        key.path,
        key.requestHash,
      ]);
      return row?.reply;
    },
    async saveReply(taskId, key, reply) {
      await database.run(SAVE, [key.stepId, key.generation, key.path, key.requestHash, taskId, toJsonb(reply)]);
    },
    async ensurePartitions(months) {
      await database.run(PARTITIONS, [months]);
    },
  };
}

async function readCounters(
  database: Database,
  keys: readonly string[],
): Promise<ReadonlyMap<string, { limit: string; spent: string }>> {
  if (keys.length === 0) return new Map();
  const rows = await database.run<{ key: string; limit: string; spent: string }>(COUNTERS, [keys]);
  return new Map(rows.map(({ key, limit, spent }) => [key, { limit, spent }]));
}
