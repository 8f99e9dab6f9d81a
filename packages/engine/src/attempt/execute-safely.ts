import { AsyncLocalStorage } from 'node:async_hooks';
import type { Limitation } from '@pressroom/contracts';
import type { AvoidedEntry, StepAttempt } from '@pressroom/db';
import { PipelineUnknownError } from '../engine-errors.ts';
import type { FindPipeline } from '../ports.ts';

/** What running an attempt came to. Costs are reported either way: a failed attempt may have paid for calls. */
export type AttemptResult =
  | {
      outcome: 'done';
      output: Record<string, unknown>;
      limitations: Limitation[];
      degraded: boolean;
      costNano: bigint;
      avoided: AvoidedEntry[];
    }
  | { outcome: 'failed'; error: unknown; costNano: bigint };

/** One run of an attempt. */
export interface AttemptRun {
  sessionId: string;
  signal: AbortSignal;
  deadlineAtMs: number;
  /** This attempt may have run before, here: what became of it was never recorded. */
  isRerun: boolean;
}

/** Runs the agent of one attempt. Knows no queue and no plan. Must stop soon after `signal` aborts. */
export type ExecuteAttempt = (attempt: StepAttempt, run: AttemptRun) => Promise<AttemptResult>;

/** Names the attempt on whose behalf code runs, for errors that nothing catches. */
export interface AttemptIdentity {
  taskId: string;
  stepId: string;
  step: string;
  attempt: number;
}

const identities = new AsyncLocalStorage<AttemptIdentity>();

/** The attempt whose agent the current code belongs to, across timers and callbacks; undefined outside of agents. */
export const currentAttempt = (): AttemptIdentity | undefined => identities.getStore();

/** How long an aborted attempt may take to tidy up, e.g. to record what its cut calls have cost. */
const STOP_GRACE_MS = 5_000;

/** Runs an attempt that this build knows; whatever it throws is its result. Never rejects. */
export async function executeSafely(
  attempt: StepAttempt,
  run: AttemptRun,
  deps: { execute: ExecuteAttempt; findPipeline: FindPipeline },
): Promise<AttemptResult> {
  if (!deps.findPipeline(attempt.taskType, attempt.pipelineVersion)) {
    const error = new PipelineUnknownError(
      `this worker does not know ${attempt.taskType} version ${attempt.pipelineVersion}`,
    );
    return { outcome: 'failed', error, costNano: 0n };
  }
  const { taskId, stepId, key } = attempt;
  try {
    run.signal.throwIfAborted();
    const identity = { taskId, stepId, step: key, attempt: attempt.attempt };
    const result = identities.run(identity, () => deps.execute(attempt, run));
    return await Promise.race([result, stoppedForGood(run.signal)]);
  } catch (error) {
    return { outcome: 'failed', error, costNano: 0n };
  }
}

/** Gives up on an agent that ignores its signal, so that no slot and no lease is held for ever. */
const stoppedForGood = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        setTimeout(() => {
          reject(signal.reason as Error);
        }, STOP_GRACE_MS).unref();
      },
      { once: true },
    );
  });
