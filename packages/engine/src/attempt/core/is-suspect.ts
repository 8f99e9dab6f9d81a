import type { StepAttempt } from '@pressroom/db';

/** Workers that died while the step ran in them, from which on it runs in a process of its own. */
export const SUSPECT_LOSSES = 2;

/** May this attempt end the process that runs it? */
export const isSuspect = ({ losses }: Pick<StepAttempt, 'losses'>): boolean => losses >= SUSPECT_LOSSES;
