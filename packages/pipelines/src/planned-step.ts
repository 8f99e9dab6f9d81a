import type { PlannedStep } from './pipeline.ts';

export const SECOND = 1_000;
/** Total time of a step, in full attempts. */
const TOTAL_FACTOR = 3;

/** A step with the retry policy of all task types: four failures, backoff from one second to one minute. */
export function planStep(
  planned: Pick<PlannedStep, 'key' | 'agent' | 'dependsOn' | 'tier' | 'onExhausted' | 'attemptTimeoutMs'> & {
    params?: PlannedStep['params'];
  },
): PlannedStep {
  return {
    params: {},
    totalTimeoutMs: planned.attemptTimeoutMs * TOTAL_FACTOR,
    maxFailures: 4,
    backoff: { baseMs: 1 * SECOND, capMs: 60 * SECOND },
    ...planned,
  };
}
