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

/** Suspect steps of one worker that run at once: each is a whole process. */
const MAX_PROCESSES = 4;
/** How long a suspect keeps its slot while others run, before another worker may take it. */
const WAIT_MS = 30_000;
const RETRY_AFTER_MS = 5_000;

/** Twice what the largest tasks of this version take in a worker with 16 slots. */
export const SUSPECT_LIMITS: SuspectLimits = { heapMb: 512, residentMb: 1_024, maxStallMs: 30_000 };

/**
 * Runs steps that may have ended workers in a process each, one attempt per process, and all others here. What such a
 * process held open when it died is written off as uncertain at once: the session that holds its lease lives on.
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
  const runs = deps.metrics.counter('suspect_attempts_total', 'Attempts in a process of their own, by how that ended', [
    'outcome',
  ]);

  return async (attempt, run) => {
    if (!isSuspect(attempt)) return execute(attempt, run);
    const { stepId } = attempt;
    const facts = { taskId: attempt.taskId, stepId, attempt: attempt.attempt, losses: attempt.losses };
    const waiting = AbortSignal.any([run.signal, AbortSignal.timeout(WAIT_MS)]);
    const release = await processes.acquire(waiting).catch(() => {
      run.signal.throwIfAborted();
      throw new HandedBackError('this worker runs as many suspect steps as it may', { retryAfterMs: RETRY_AFTER_MS });
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
      // The end of the session writes off what this does not.
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
