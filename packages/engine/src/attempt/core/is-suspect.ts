import type { StepAttempt } from '@pressroom/db';

/** Worker crashes during a step from which on it runs in a child process. */
export const SUSPECT_LOSSES = 2;

/** Might this attempt crash the process that runs it? */
export const isSuspect = ({ losses }: Pick<StepAttempt, 'losses'>): boolean => losses >= SUSPECT_LOSSES;
