import type { LockedStep } from '@pressroom/db';

export interface StepFault {
  code: string;
  message: string;
}

/** A step that ended without its output, and why. */
export interface Cause extends StepFault {
  stepKey: string;
}

type EndedStep = Pick<LockedStep, 'key' | 'status' | 'deps' | 'error' | 'endedAtMs'>;

/** Faults that a step has only because a step before it left no output. */
const CONSEQUENCES: ReadonlySet<string> = new Set(['STEP_INPUT_INVALID']);

/** The first of these steps that was skipped or died in this generation; undefined when none was. */
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

/** What the failure of `step` follows from: a step it depends on that left no output; undefined when it is its own cause. */
export function causeOf(step: EndedStep, fault: StepFault, steps: readonly EndedStep[]): Cause | undefined {
  if (!CONSEQUENCES.has(fault.code)) return undefined;
  const wanted = new Set<string>(step.deps);
  for (const key of wanted) steps.find((other) => other.key === key)?.deps.forEach((dep) => wanted.add(dep));
  return firstCause(steps.filter(({ key }) => wanted.has(key)));
}

/** The error of a task that ends for this cause. */
export const toTaskError = (cause: Cause | undefined): StepFault | undefined =>
  cause && { code: cause.code, message: cause.message };
