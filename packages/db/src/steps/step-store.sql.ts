import type { Agent, Gate, Lane, Limitation, Quality, Tier } from '@pressroom/contracts';
import type { Database, Statement } from '../connection/database.ts';
import { toJsonb } from '../connection/to-jsonb.ts';
import type { AvoidedEntry } from '../money/money-store.sql.ts';
import type { NewStep } from '../tasks/submit-tasks.sql.ts';

/** Everything about one attempt that a worker needs, as the database answers it at acquisition or hand-off. */
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
  /** What is left of attempt, step total and task deadline, whichever ends first, on the database's clock. */
  leftMs: number;
  generation: number;
  /** Its output waits for an approval: nothing follows from it before. */
  gate: Gate | null;
  /** How many steps wait for this one, without those that its result adds. */
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
  /** Calls this attempt avoided; they enter the ledger with the settle. */
  avoided: readonly AvoidedEntry[];
}

/** A step that became free to run. `attempt` is the one it stands at; its job is for the next. */
export interface FreedStep {
  kind: 'handoff' | 'queued' | 'ready';
  stepId: string;
  taskId: string;
  queue: string;
  attempt: number;
  priority: number;
}

export interface ExchangeAnswer {
  /** What became of each settled attempt, by step. */
  outcomes: Map<string, 'settled' | 'already' | 'fenced'>;
  freed: FreedStep[];
  /** Tasks that ended `completed`. */
  finished: string[];
  /** Tasks whose last step ended though some steps went wrong: their outcome is still to be decided. */
  unfinished: string[];
  /** What was taken or handed on, ready to run. */
  attempts: StepAttempt[];
  /** Steps that were neither settled nor taken because another transaction holds their task; only with `skipLocked`. */
  locked: string[];
}

/** What a worker has done and what it wants to go on with. */
export interface Exchange {
  settle: readonly SettleItem[];
  /** Queued steps to take for their next attempt. */
  take: readonly { taskId: string; stepId: string; attempt: number }[];
  /**
   * Queues whose freed steps may be handed on in this session, as long as no other tenant's wait there: one for each task, and
   * `extraSlots` more in all.
   */
  handoffQueues: readonly string[];
  extraSlots: number;
  /** Queues in which steps have been seen to wait; in others nobody looks. */
  queuesWithBacklog: readonly string[];
  /** Other freed steps become `queued` while none wait in their queue and fewer than this are: the caller adds their jobs. */
  directCapacity: number;
  /** Leaves tasks alone that another transaction holds, instead of waiting for them. */
  skipLocked: boolean;
}

export interface StepStore {
  /**
   * Settles completed attempts and takes queued steps, in one transaction. Repeating a settle answers `already` and changes
   * nothing; a step that is not there to be taken is not among the attempts answered.
   *
   * @throws {RowLockedError} when another transaction holds one of the tasks for longer than 200 ms; never with `skipLocked`
   */
  exchange(sessionId: string, wishes: Exchange): Promise<ExchangeAnswer>;
  /** Reads attempts already held. */
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
      data: Pick<FreedStep, 'queue' | 'attempt' | 'priority'>;
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
      { settle, take, handoffQueues, queuesWithBacklog, directCapacity, extraSlots, skipLocked },
    ) {
      const rows = await database.run<ExchangeRow & Record<string, unknown>>(EXCHANGE, [
        sessionId,
        [...take, ...settle].map((step) => step.taskId),
        take.map((job) => job.stepId),
        take.map((job) => job.attempt),
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
    freed: [],
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
        answer.freed.push({ kind: row.kind, stepId: row.step_id, taskId: row.task_id, ...row.data });
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
