import type { Gate } from '@pressroom/contracts';
import type { TaskSnapshot } from '@pressroom/db';
import type { Pipeline } from '@pressroom/pipelines';

export type CheckedEdits =
  | { outcome: 'valid'; output: Record<string, unknown> }
  | { outcome: 'invalid'; problems: { path: string; message: string }[] };

/** Is an edited output one that the task can go on with? Pure; at most 20 problems are named. */
export function checkEdits(edited: unknown, gate: Gate, pipeline: Pipeline, snapshot: TaskSnapshot): CheckedEdits {
  const spec = pipeline.gates?.[gate];
  if (!spec)
    return { outcome: 'invalid', problems: [{ path: 'edits', message: 'outputs of this task type cannot be edited' }] };
  const parsed = spec.output.safeParse(edited);
  const problems = parsed.success
    ? spec.validate(parsed.data, snapshot.task.input, snapshot.outputs).map((message) => ({ path: 'edits', message }))
    : parsed.error.issues.map(({ path, message }) => ({ path: ['edits', ...path].join('.'), message }));
  if (problems.length > 0 || !parsed.success) return { outcome: 'invalid', problems: problems.slice(0, 20) };
  return { outcome: 'valid', output: parsed.data };
}
