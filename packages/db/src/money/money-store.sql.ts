import type { Database, Statement } from '../connection/database.ts';
import { toJsonb } from '../connection/to-jsonb.ts';

/** One ledger row's facts as JSON, named after the columns; amounts and status are given beside it. */
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
  /** Why the row is no plain copy of what the provider reported. */
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
  /** Keys of the budget counters in scope; those that do not exist do not limit. */
  budgets: readonly string[];
  /** Written at worst case if the process dies; carries `baselineNano` too. */
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
      /** Of that budget, read right after the refusal. */
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

/** A call that was answered without asking a provider: it costs nothing and says what it would have cost. */
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
  /** Holds worst cases; one statement for many calls. Repeating a reservation is harmless. */
  reserve(items: readonly Reservation[]): Promise<ReservationAnswer[]>;
  /** Journal, ledger and settlement; one synchronous statement for many calls. Idempotent by reservation. */
  endCalls(items: readonly EndedCall[]): Promise<void>;
  /**
   * Settles a reservation as `uncertain` at its worst case, from what was written when it was made. Harmless when it is
   * settled already.
   */
  writeOff(reservationId: string, limitation: string): Promise<void>;
  findReply(key: JournalKeyRow): Promise<unknown>;
  /** Keeps the result of a tool; the first one written stays. */
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
  // Content that was deleted while the call was under way does not come back.
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
