import type { SessionStore } from '@pressroom/db';
import {
  HandedBackError,
  isSuspect,
  retryWhileStoreUnavailable,
  StepCrashedError,
  type ExecuteAttempt,
} from '@pressroom/engine';
import { createSemaphore, type Clock, type Logger, type Metrics } from '@pressroom/runtime';

import { runSuspectProcess, type SuspectLimits } from './suspect-process.ts';

/** Concurrent suspect steps of one worker: each is a process. */
const MAX_PROCESSES = 4;
/** Delay before another worker may claim a suspect step that exceeds this limit. */
const WAIT_MS = 30_000;
const RETRY_AFTER_MS = 5_000;

/** Twice the memory of the largest tasks in a worker with 16 slots. */
export const SUSPECT_LIMITS: SuspectLimits = { heapMb: 512, residentMb: 1_024, maxStallMs: 30_000 };

/**
 * Runs each attempt of a step that may have crashed a worker in a separate process, and all others in this one. Open
 * reservations of a crashed process are written off as uncertain immediately, because its worker's session lives on.
 */
export function isolateSuspects(
  execute: ExecuteAttempt,
  deps: {
    program: string;
    env: Readonly<Record<string, string | undefined>>;
    limits: SuspectLimits;
    liveWorkers: () => number;
    sessions: Pick<SessionStore, 'writeOff'>;
    metrics: Metrics;
    clock: Clock;
    log: Logger;
  },
): ExecuteAttempt {
  const { clock, log } = deps;
  const processes = createSemaphore(MAX_PROCESSES);
  const runs = deps.metrics.counter(
    'suspect_attempts_total',
    'Attempts of suspect steps in a separate process, by outcome',
    ['outcome'],
  );

  return async (attempt, run) => {
    if (!isSuspect(attempt)) return execute(attempt, run);
    const { stepId } = attempt;
    const facts = { taskId: attempt.taskId, stepId, attempt: attempt.attempt, losses: attempt.losses };
    const waiting = AbortSignal.any([run.signal, AbortSignal.timeout(WAIT_MS)]);
    const release = await processes.acquire(waiting).catch(() => {
      run.signal.throwIfAborted();
      throw new HandedBackError('this worker already runs its maximum of suspect steps', {
        retryAfterMs: RETRY_AFTER_MS,
      });
    });
    log.info(facts, 'suspect.started');
    const gone = Promise.withResolvers<boolean>();
    void gone.promise.then(release);
    try {
      const result = await runSuspectProcess(attempt, run, {
        program: deps.program,
        env: deps.env,
        limits: deps.limits,
        liveWorkers: deps.liveWorkers(),
        onGone: gone.resolve,
      });
      runs.inc({ outcome: result.outcome });
      return result;
    } catch (error) {
      const isCrash = error instanceof StepCrashedError && !run.signal.aborted;
      runs.inc({ outcome: isCrash ? 'crashed' : 'handed_back' });
      if (isCrash) log.error({ ...facts, how: error.message }, 'suspect.crashed');
      await gone.promise;
      const writeOff = () => deps.sessions.writeOff(run.sessionId, { stepId, attempt: attempt.attempt });
      // The end of the session writes off the remainder.
      await retryWhileStoreUnavailable(writeOff, {
        clock,
        log,
        event: 'suspect.write_off_waits',
        signal: run.signal,
      }).catch((cause: unknown) => {
        log.warn({ err: cause, ...facts }, 'suspect.write_off_failed');
      });
      throw error;
    }
  };
}
