import { mergePatch } from './merge-patch.ts';

/** Parameter that stores a step's patched input, which replaces the task's input. Agents do not see it as a parameter. */
export const INPUT_OVERRIDE = '$input';

type Params = Readonly<Record<string, unknown>>;

/** The input of a step as one document: its parameters and, under `input`, the task's or the patched input. */
export function stepPayload(params: Params, taskInput: unknown): Record<string, unknown> {
  const { [INPUT_OVERRIDE]: override, ...rest } = params;
  return { ...rest, input: override ?? taskInput };
}

export type PatchedStep =
  /** The patch has fields that are not in the step's payload. */
  | { outcome: 'unknown_fields'; fields: string[]; known: string[] }
  | { outcome: 'patched'; params: Record<string, unknown>; input: unknown; inputChanged: boolean }
  | { outcome: 'not_an_object' };

/**
 * Applies a merge patch to a step's payload. If the patch changes `input`, only this step gets the patched input; the task's
 * stays as it is. Pure.
 */
export function patchStepInput(params: Params, taskInput: unknown, patch: Params): PatchedStep {
  const payload = stepPayload(params, taskInput);
  const fields = Object.keys(patch).filter((field) => !Object.hasOwn(payload, field));
  if (fields.length > 0) return { outcome: 'unknown_fields', fields, known: Object.keys(payload) };
  const { input, ...rest } = mergePatch(payload, patch) as Record<string, unknown>;
  if (!('input' in patch)) {
    const override = params[INPUT_OVERRIDE];
    return {
      outcome: 'patched',
      params: { ...rest, ...(override !== undefined && { [INPUT_OVERRIDE]: override }) },
      input,
      inputChanged: false,
    };
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return { outcome: 'not_an_object' };
  return { outcome: 'patched', params: { ...rest, [INPUT_OVERRIDE]: input }, input, inputChanged: true };
}
