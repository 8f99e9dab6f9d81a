import type { Agent, Gate, Lane, Limitation, Quality, Tier } from '@pressroom/contracts';
import type { Database, Statement } from '../connection/database.ts';
import { toJsonb } from '../connection/to-jsonb.ts';
import type { AvoidedEntry } from '../money/money-store.sql.ts';
import type { NewStep } from '../tasks/submit-tasks.sql.ts';

/** The context of an attempt, returned by the database at acquisition or hand-off. */
export interface StepAttempt {
  taskId: string;
  stepId: string;
  key: string;
  agent: Agent;
  queue: string;
  tenantId: string;
  taskType: string;
  tier: Tier;
  /** Fencing token. */
  attempt: number;
  failures: number;
  losses: number;
  params: Record<string, unknown>;
  journalGeneration: number;
  attemptTimeoutMs: number;
  /** Milliseconds until the first of attempt timeout, step timeout and task deadline, by the database's clock. */
  leftMs: number;
  generation: number;
  /** Gate whose approval its output waits for; its successors are released only then. */
  gate: Gate | null;
  /** Planned steps that depend on it, without those that its output adds. */
  successors: number;
  pipelineVersion: number;
  lane: Lane;
  priority: number;
  quality: Quality;
  createdAtMs: number;
  /** Without `sources` for steps that have dependencies. */
  input: Record<string, unknown> | null;
  /** Newest outputs of the steps it depends on, by key. */
  outputs: Record<string, unknown>;
}

export interface SettleItem {
  taskId: string;
  stepId: string;
  attempt: number;
  output: Record<string, unknown>;
  limitations: readonly Limitation[];
  degraded: boolean;
  costNano: string;
  spawn: readonly NewStep[];
  joins: Readonly<Record<string, readonly string[]>>;
  /** Reused replies of this attempt; the settle writes them to the ledger. */
  avoided: readonly AvoidedEntry[];
}

/** A step whose dependencies completed. `attempt` is its last one; its job is for the next. */
export interface ReleasedStep {
  kind: 'handoff' | 'queued' | 'ready';
  stepId: string;
  taskId: string;
  queue: string;
  attempt: number;
  priority: number;
}

export interface ExchangeAnswer {
  /** Outcome of each settle, by step id. */
  outcomes: Map<string, 'settled' | 'already' | 'fenced'>;
  released: ReleasedStep[];
  /** Tasks that are now `completed`. */
  finished: string[];
  /** Tasks without open steps of which some did not complete: their final status is still to be decided. */
  unfinished: string[];
  /** Contexts of the acquired and handed-off steps. */
  attempts: StepAttempt[];
  /** Steps that were skipped because another transaction has locked their task; only with `skipLocked`. */
  locked: string[];
}

/** Settles and acquisitions of one statement, with the limits on local hand-off and direct queueing. */
export interface Exchange {
  settle: readonly SettleItem[];
  /** Queued steps to acquire for their next attempt. */
  acquire: readonly { taskId: string; stepId: string; attempt: number }[];
  /**
   * Queues whose released steps may be handed off to this session while no step of another tenant waits there: one per task,
   * and `extraSlots` more in total.
   */
  handoffQueues: readonly string[];
  extraSlots: number;
  /** Queues with a backlog at the last heartbeat; the statement checks only these for waiting steps. */
  queuesWithBacklog: readonly string[];
  /** Other released steps become `queued` while no step waits in their queue and fewer than this are queued; the caller adds their jobs. */
  directCapacity: number;
  /** Skips tasks that another transaction has locked, instead of waiting for them. */
  skipLocked: boolean;
}

export interface StepStore {
  /**
   * Settles completed attempts and acquires queued steps, in one transaction. Idempotent: a repeated settle returns `already`.
   * A step that cannot be acquired is missing from the returned attempts.
   *
   * @throws {RowLockedError} when another transaction locks one of the tasks for longer than 200 ms; never with `skipLocked`
   */
  exchange(sessionId: string, exchange: Exchange): Promise<ExchangeAnswer>;
  /** Reads the contexts of attempts that are already held. */
  contexts(stepIds: readonly string[]): Promise<StepAttempt[]>;
}

const EXCHANGE: Statement = {
  name: 'steps.exchange',
  text: `SELECT * FROM exchange_steps($1, $2::uuid[], $3::uuid[], $4::int[], $5::jsonb, $6::text[], $7::text[], $8::int, $9::int, $10)`,
};
const CONTEXTS: Statement = { name: 'steps.contexts', text: `SELECT context FROM step_contexts($1::uuid[])` };

type ExchangeRow =
  | { kind: 'settled' | 'already' | 'fenced' | 'locked'; step_id: string }
  | {
      kind: 'handoff' | 'queued' | 'ready';
      step_id: string;
      task_id: string;
      data: Pick<ReleasedStep, 'queue' | 'attempt' | 'priority'>;
    }
  | { kind: 'finished' | 'unfinished'; task_id: string }
  | { kind: 'context'; data: StepAttempt };

export function createStepStore(database: Database): StepStore {
  return {
    async contexts(stepIds) {
      if (stepIds.length === 0) return [];
      const rows = await database.run<{ context: StepAttempt }>(CONTEXTS, [stepIds]);
      return rows.map((row) => row.context);
    },
    async exchange(
      sessionId,
      { settle, acquire, handoffQueues, queuesWithBacklog, directCapacity, extraSlots, skipLocked },
    ) {
      const rows = await database.run<ExchangeRow & Record<string, unknown>>(EXCHANGE, [
        sessionId,
        [...acquire, ...settle].map((step) => step.taskId),
        acquire.map((job) => job.stepId),
        acquire.map((job) => job.attempt),
        toJsonb(settle),
        handoffQueues,
        queuesWithBacklog,
        directCapacity,
        extraSlots,
        skipLocked,
      ]);
      return readAnswer(rows);
    },
  };
}

function readAnswer(rows: readonly ExchangeRow[]): ExchangeAnswer {
  const answer: ExchangeAnswer = {
    outcomes: new Map(),
    released: [],
    finished: [],
    unfinished: [],
    attempts: [],
    locked: [],
  };
  for (const row of rows) {
    switch (row.kind) {
      case 'settled':
      case 'already':
      case 'fenced':
        answer.outcomes.set(row.step_id, row.kind);
        break;
      case 'locked':
        answer.locked.push(row.step_id);
        break;
      case 'handoff':
      case 'queued':
      case 'ready':
        answer.released.push({ kind: row.kind, stepId: row.step_id, taskId: row.task_id, ...row.data });
        break;
      case 'finished':
        answer.finished.push(row.task_id);
        break;
      case 'unfinished':
        answer.unfinished.push(row.task_id);
        break;
      case 'context':
        answer.attempts.push(row.data);
    }
  }
  return answer;
}
