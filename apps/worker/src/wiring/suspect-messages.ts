import type { StepAttempt } from '@pressroom/db';
import type { AttemptResult, AttemptRun, StepFailure } from '@pressroom/engine';

/** From a worker to the process of a suspect step. Uses V8 serialisation, which supports bigints. */
export type ToSuspect =
  | { type: 'run'; attempt: StepAttempt; run: Omit<AttemptRun, 'signal'>; liveWorkers: number }
  | { type: 'abort'; reason: string };

/** From the process of a suspect step to its worker. */
export type FromSuspect =
  /** Connected to its stores and ready; an earlier exit is not caused by the step. */
  | { type: 'ready' }
  /** Its event loop is not blocked; sent every second. */
  | { type: 'alive' }
  | { type: 'done'; result: Extract<AttemptResult, { outcome: 'done' }> }
  | { type: 'failed'; failure: StepFailure; costNano: bigint };

export const ALIVE_MS = 1_000;
/** Exit code after an uncaught error (EX_SOFTWARE of sysexits.h). */
export const UNCAUGHT_EXIT_CODE = 70;
