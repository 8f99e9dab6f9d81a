import type { TaskStatus } from '@pressroom/contracts';

import type { Statement } from '../connection/database.ts';

/** Result of an earlier generation: the output versions of its steps. */
export interface EarlierResult {
  generation: number;
  status: TaskStatus;
  outputs: Readonly<Record<string, number>>;
}

/** Most generations whose results stay readable; the oldest are dropped. */
const KEPT = 20;

/**
 * Records the results of tasks ($1) before their steps are reset for the next generation. Skips tasks without a result.
 */
export const KEEP_RESULTS: Statement = {
  name: 'restart.keep_results',
  text: `UPDATE task t SET earlier_results =
           jsonb_path_query_array(coalesce(t.earlier_results, '[]'), '$[last - ${KEPT - 2} to last]')
             || jsonb_build_array(jsonb_build_object('generation', t.generation, 'status', t.status, 'outputs', o.outputs))
         FROM (
           SELECT s.task_id, jsonb_object_agg(s.key, a.version) AS outputs
           FROM step s CROSS JOIN LATERAL (
             SELECT max(r.version) AS version FROM artifact r WHERE r.task_id = s.task_id AND r.step_key = s.key AND r.step_id = s.id) a
           WHERE s.task_id = ANY ($1::uuid[]) AND s.status IN ('completed', 'waiting') AND a.version IS NOT NULL
           GROUP BY s.task_id) o
         WHERE t.id = o.task_id AND t.status IN ('completed', 'partial')`,
};

/** Outputs of a task ($1) in the given versions ($2). */
export const OUTPUTS_OF_RESULT: Statement = {
  name: 'tasks.outputs_of_result',
  text: `SELECT a.step_key, a.body FROM artifacts_of_task($1) a
         JOIN jsonb_each_text($2::jsonb) v ON v.key = a.step_key AND v.value::int = a.version`,
};
