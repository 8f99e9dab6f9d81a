-- Contexts that a worker needs to run attempts: task, parameters, and the newest outputs of dependencies that are completed in
-- this generation. `params.$input`, set by a redrive with a patch, replaces the task's input.
-- Steps without dependencies get the whole input, later ones the input without `sources`, which may be large.
CREATE OR REPLACE FUNCTION step_contexts(p_steps uuid[]) RETURNS TABLE (step_id uuid, context json) LANGUAGE sql STABLE AS $$
  SELECT s.id, json_build_object(
    'taskId', s.task_id, 'stepId', s.id, 'key', s.key, 'agent', s.agent, 'queue', s.queue, 'tenantId', s.tenant_id,
    'taskType', s.task_type, 'tier', s.tier, 'attempt', s.attempt, 'failures', s.failures, 'losses', s.losses,
    'params', s.params - '$input', 'journalGeneration', s.journal_generation, 'attemptTimeoutMs', s.attempt_timeout_ms,
    'leftMs', floor(extract(epoch FROM least(
        s.started_at + s.attempt_timeout_ms * interval '1 ms',
        s.first_started_at + s.total_timeout_ms * interval '1 ms',
        t.deadline_at) - pressroom_clock()) * 1000)::bigint,
    'generation', t.generation, 'gate', s.gate, 'successors', cardinality(s.next), 'pipelineVersion', t.pipeline_version, 'lane', t.lane, 'priority', t.priority,
    'quality', t.quality, 'createdAtMs', floor(extract(epoch FROM t.created_at) * 1000)::bigint,
    'input', CASE WHEN s.deps = '{}' THEN i.input ELSE i.input - 'sources' END,
    'outputs', coalesce((
      SELECT json_object_agg(d.key, a.body)
      FROM unnest(s.deps) AS d(key)
      CROSS JOIN LATERAL (
        SELECT ar.body FROM artifact ar JOIN step m ON m.id = ar.step_id AND m.status = 'completed'
        WHERE ar.task_id = s.task_id AND ar.step_key = d.key ORDER BY ar.version DESC LIMIT 1) a), '{}'))
  FROM step s JOIN task t ON t.id = s.task_id
  CROSS JOIN LATERAL (SELECT coalesce(s.params -> '$input', t.input) AS input) i
  WHERE s.id = ANY (p_steps)
$$;
