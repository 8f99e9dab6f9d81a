import { mergePatch } from './merge-patch.ts';

/** Parameter under which a step keeps an input of its own in place of the task's; agents never see it as a parameter. */
export const INPUT_OVERRIDE = '$input';

type Params = Readonly<Record<string, unknown>>;

/** What a step is given, as one document: its parameters, and under `input` the task's input as this step sees it. */
export function stepPayload(params: Params, taskInput: unknown): Record<string, unknown> {
  const { [INPUT_OVERRIDE]: override, ...rest } = params;
  return { ...rest, input: override ?? taskInput };
}

export type PatchedStep =
  /** The patch names fields that the step is not given. */
  | { outcome: 'unknown_fields'; fields: string[]; known: string[] }
  | { outcome: 'patched'; params: Record<string, unknown>; input: unknown; inputChanged: boolean }
  | { outcome: 'not_an_object' };

/**
 * Applies a merge patch to what a step is given. The input stays the task's own unless the patch says otherwise; then the
 * step, and it alone, gets the patched one.
 */
export function patchStepInput(params: Params, taskInput: unknown, patch: Params): PatchedStep {
  const payload = stepPayload(params, taskInput);
  const fields = Object.keys(patch).filter((field) => !Object.hasOwn(payload, field));
  if (fields.length > 0) return { outcome: 'unknown_fields', fields, known: Object.keys(payload) };
  const { input, ...rest } = mergePatch(payload, patch) as Record<string, unknown>;
  if (!('input' in patch)) {
    const kept = params[INPUT_OVERRIDE];
    return {
      outcome: 'patched',
      params: { ...rest, ...(kept !== undefined && { [INPUT_OVERRIDE]: kept }) },
      input,
      inputChanged: false,
    };
  }
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return { outcome: 'not_an_object' };
  return { outcome: 'patched', params: { ...rest, [INPUT_OVERRIDE]: input }, input, inputChanged: true };
}
