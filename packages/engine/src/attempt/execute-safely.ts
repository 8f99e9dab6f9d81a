import { AsyncLocalStorage } from 'node:async_hooks';
import type { Limitation } from '@pressroom/contracts';
import type { AvoidedEntry, StepAttempt } from '@pressroom/db';
import { PipelineUnknownError } from '../engine-errors.ts';
import type { FindPipeline } from '../ports.ts';

/** Result of running an attempt. Contains its cost in both cases: a failed attempt may have paid for calls. */
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
  /** The attempt may have run before in this process, without a recorded outcome. */
  isRerun: boolean;
}

/** Runs the agent of one attempt. Must stop soon after `signal` aborts. */
export type ExecuteAttempt = (attempt: StepAttempt, run: AttemptRun) => Promise<AttemptResult>;

/** Identifies the attempt that the current code belongs to, for uncaught errors. */
export interface AttemptIdentity {
  taskId: string;
  stepId: string;
  step: string;
  attempt: number;
}

const identities = new AsyncLocalStorage<AttemptIdentity>();

/** The attempt that the current code belongs to, also in timers and callbacks; undefined outside of agents. */
export const currentAttempt = (): AttemptIdentity | undefined => identities.getStore();

/** Time for an aborted attempt to clean up, for example to record the cost of its aborted calls. */
const STOP_GRACE_MS = 5_000;

/** Runs an attempt; errors, also of an unknown pipeline version, are a `failed` result. Never rejects. */
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
    return await Promise.race([result, abortAfterGrace(run.signal)]);
  } catch (error) {
    return { outcome: 'failed', error, costNano: 0n };
  }
}

/** Rejects some time after the abort, so that an agent that ignores its signal does not keep its slot and lease. */
const abortAfterGrace = (signal: AbortSignal): Promise<never> =>
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
