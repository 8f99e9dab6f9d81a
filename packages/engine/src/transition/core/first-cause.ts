import type { LockedStep } from '@pressroom/db';

export interface StepFault {
  code: string;
  message: string;
}

/** A step that ended without an output, and its error. */
export interface Cause extends StepFault {
  stepKey: string;
}

type EndedStep = Pick<LockedStep, 'key' | 'status' | 'deps' | 'error' | 'endedAtMs'>;

/** Error codes of steps that fail only because a dependency has no output. */
const CONSEQUENCES: ReadonlySet<string> = new Set(['STEP_INPUT_INVALID']);

/** The step that was skipped or dead-lettered first in this generation; undefined when there is none. */
export function firstCause(steps: readonly EndedStep[]): Cause | undefined {
  const [first] = steps
    .flatMap(({ key, status, error, endedAtMs }) =>
      error !== null && (status === 'skipped' || status === 'dead') ? [{ stepKey: key, ...error, endedAtMs }] : [],
    )
    .sort((one, other) => (one.endedAtMs ?? 0) - (other.endedAtMs ?? 0) || one.stepKey.localeCompare(other.stepKey));
  if (!first) return undefined;
  const { stepKey, code, message } = first;
  return { stepKey, code, message };
}

/** The dependency whose missing output caused the failure of `step`; undefined when the step itself is the cause. */
export function causeOf(step: EndedStep, fault: StepFault, steps: readonly EndedStep[]): Cause | undefined {
  if (!CONSEQUENCES.has(fault.code)) return undefined;
  const wanted = new Set<string>(step.deps);
  for (const key of wanted) steps.find((other) => other.key === key)?.deps.forEach((dep) => wanted.add(dep));
  return firstCause(steps.filter(({ key }) => wanted.has(key)));
}

/** The error of a task that ends because of this cause. */
export const toTaskError = (cause: Cause | undefined): StepFault | undefined =>
  cause && { code: cause.code, message: cause.message };
