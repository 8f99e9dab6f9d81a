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

export interface SettleAnswer {
  /** What became of each settled attempt, by step. */
  outcomes: Map<string, 'settled' | 'already' | 'fenced'>;
  freed: FreedStep[];
  /** Tasks that ended `completed`. */
  finished: string[];
  /** Tasks whose last step ended though some steps went wrong: their outcome is still to be decided. */
  unfinished: string[];
}

export interface StepStore {
  /** Takes queued steps for the next attempt; answers only those taken. */
  acquire(sessionId: string, jobs: readonly { stepId: string; attempt: number }[]): Promise<StepAttempt[]>;
  /** Reads attempts already held, e.g. handed on by a settle. */
  contexts(stepIds: readonly string[]): Promise<StepAttempt[]>;
  /** Settles completed attempts in one statement. Repeating it answers `already` and changes nothing. */
  settle(
    sessionId: string,
    items: readonly SettleItem[],
    options: { handoffQueues: readonly string[]; directQueues: readonly string[] },
  ): Promise<SettleAnswer>;
}

const ACQUIRE: Statement = {
  name: 'steps.acquire',
  text: `SELECT context FROM acquire_steps($1, $2::uuid[], $3::int[])`,
};
const CONTEXTS: Statement = { name: 'steps.contexts', text: `SELECT context FROM step_contexts($1::uuid[])` };
const SETTLE: Statement = {
  name: 'steps.settle',
  text: `SELECT * FROM settle_steps($1, $2::jsonb, $3::text[], $4::text[])`,
};

interface SettleRow {
  kind: 'settled' | 'already' | 'fenced' | 'handoff' | 'queued' | 'ready' | 'finished' | 'unfinished';
  step_id: string;
  task_id: string;
  data: { queue: string; attempt: number; priority: number };
}

export function createStepStore(database: Database): StepStore {
  const contexts = async (stepIds: readonly string[]): Promise<StepAttempt[]> => {
    if (stepIds.length === 0) return [];
    const rows = await database.run<{ context: StepAttempt }>(CONTEXTS, [stepIds]);
    return rows.map((row) => row.context);
  };
  return {
    contexts,
    async acquire(sessionId, jobs) {
      const rows = await database.run<{ context: StepAttempt }>(ACQUIRE, [
        sessionId,
        jobs.map((job) => job.stepId),
        jobs.map((job) => job.attempt),
      ]);
      return rows.map((row) => row.context);
    },
    async settle(sessionId, items, options) {
      const rows = await database.run<SettleRow>(SETTLE, [
        sessionId,
        toJsonb(items),
        options.handoffQueues,
        options.directQueues,
      ]);
      const answer: SettleAnswer = { outcomes: new Map(), freed: [], finished: [], unfinished: [] };
      for (const row of rows) {
        switch (row.kind) {
          case 'settled':
          case 'already':
          case 'fenced':
            answer.outcomes.set(row.step_id, row.kind);
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
        }
      }
      return answer;
    },
  };
}
