import type { Gate } from '@pressroom/contracts';
import type { TaskSnapshot } from '@pressroom/db';
import type { Pipeline } from '@pressroom/pipelines';

export type EditValidation =
  | { outcome: 'valid'; output: Record<string, unknown> }
  | { outcome: 'invalid'; issues: { path: string; message: string }[] };

/** Validates an edited output against the gate's schema and checks. Returns at most 20 issues. Pure. */
export function validateEdits(edited: unknown, gate: Gate, pipeline: Pipeline, snapshot: TaskSnapshot): EditValidation {
  const spec = pipeline.gates?.[gate];
  if (!spec)
    return { outcome: 'invalid', issues: [{ path: 'edits', message: 'outputs of this task type cannot be edited' }] };
  const parsed = spec.output.safeParse(edited);
  const issues = parsed.success
    ? spec.validate(parsed.data, snapshot.task.input, snapshot.outputs).map((message) => ({ path: 'edits', message }))
    : parsed.error.issues.map(({ path, message }) => ({ path: ['edits', ...path].join('.'), message }));
  if (issues.length > 0 || !parsed.success) return { outcome: 'invalid', issues: issues.slice(0, 20) };
  return { outcome: 'valid', output: parsed.data };
}
