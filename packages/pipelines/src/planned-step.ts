import type { PlannedStep } from './pipeline.ts';

export const SECOND = 1_000;
/** Attempts a step's whole time allows for. */
const TOTAL_FACTOR = 3;

/** A step with the policy that all task types share: four failures, backing off from a second to a minute. */
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
