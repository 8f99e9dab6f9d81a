import type { StepAttempt } from '@pressroom/db';
import type { AttemptResult, AttemptRun, StepFailure } from '@pressroom/engine';

/** From a worker to the process that runs one suspect step. Serialised as V8 does: bigints pass. */
export type ToSuspect =
  | { type: 'run'; attempt: StepAttempt; run: Omit<AttemptRun, 'signal'>; liveWorkers: number }
  | { type: 'abort'; reason: string };

/** From that process to its worker. */
export type FromSuspect =
  /** Connected to its stores and able to run; what ends it before is not the step. */
  | { type: 'ready' }
  /** Its event loop turns; sent every second. */
  | { type: 'alive' }
  | { type: 'done'; result: Extract<AttemptResult, { outcome: 'done' }> }
  | { type: 'failed'; failure: StepFailure; costNano: bigint };

export const ALIVE_MS = 1_000;
/** Exit code after an error that nothing caught (EX_SOFTWARE of sysexits.h). */
export const UNCAUGHT_EXIT_CODE = 70;
