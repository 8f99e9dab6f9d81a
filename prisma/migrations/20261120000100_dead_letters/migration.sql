-- ---------------------------------------------------------------------------------------------------------------
-- Dead letters that can be searched, grouped and put back; what putting back needs of steps
-- ---------------------------------------------------------------------------------------------------------------

ALTER TABLE "step"
  ADD COLUMN "spawned_by" TEXT,
  ADD COLUMN "degraded" BOOLEAN NOT NULL DEFAULT false;

ALTER TABLE "dead_letter"
  ALTER COLUMN "task_id" DROP NOT NULL,
  ALTER COLUMN "step_id" DROP NOT NULL,
  ALTER COLUMN "step_key" DROP NOT NULL,
  ALTER COLUMN "tenant_id" DROP NOT NULL,
  ALTER COLUMN "task_type" DROP NOT NULL,
  ALTER COLUMN "generation" DROP NOT NULL,
  ADD COLUMN "error_class" TEXT,
  ADD COLUMN "top_frame" TEXT,
  ADD COLUMN "ended_by" TEXT,
  ADD COLUMN "reason" TEXT,
  ADD COLUMN "redriven_as" INTEGER,
  ADD COLUMN "previous_id" UUID,
  ADD COLUMN "operation_id" UUID,
  ADD COLUMN "search" TSVECTOR GENERATED ALWAYS AS
    (to_tsvector('simple', message || ' ' || error_code || ' ' || coalesce(step_key, ''))) STORED;

DROP INDEX "dead_letter_tenant_id_created_at_idx";
DROP INDEX "dead_letter_fingerprint_idx";
CREATE INDEX "dead_letter_created_at_id_idx" ON "dead_letter"("created_at", "id");
CREATE INDEX "dead_letter_tenant_id_created_at_id_idx" ON "dead_letter"("tenant_id", "created_at", "id");
CREATE INDEX "dead_letter_state_created_at_id_idx" ON "dead_letter"("state", "created_at", "id");
CREATE INDEX "dead_letter_tenant_id_state_created_at_id_idx" ON "dead_letter"("tenant_id", "state", "created_at", "id");
CREATE INDEX "dead_letter_fingerprint_created_at_id_idx" ON "dead_letter"("fingerprint", "created_at", "id");
CREATE INDEX "dead_letter_error_code_created_at_id_idx" ON "dead_letter"("error_code", "created_at", "id");
CREATE INDEX dead_letter_search ON dead_letter USING gin (search);
-- What a bulk operation has ended, so that it counts each dead letter once when it goes on after a crash.
CREATE INDEX dead_letter_operation ON dead_letter (operation_id) WHERE operation_id IS NOT NULL;

CREATE TABLE "operation" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "tenant_id" UUID,
    "filter" JSONB NOT NULL,
    "options" JSONB NOT NULL DEFAULT '{}',
    "dry_run" BOOLEAN NOT NULL DEFAULT false,
    "matched" INTEGER NOT NULL,
    "done" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "max_items" INTEGER,
    "rate_per_second" DOUBLE PRECISION,
    "cursor_at" TIMESTAMPTZ(6),
    "cursor_id" UUID,
    "last_error" JSONB,
    "created_by" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "operation_pkey" PRIMARY KEY ("id")
);
-- What is to be done, oldest first.
CREATE INDEX operation_running ON operation (created_at) WHERE status = 'running';

CREATE TABLE "audit" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "key_id" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "tenant_id" UUID,
    "action" TEXT NOT NULL,
    "target_kind" TEXT NOT NULL,
    "target_id" TEXT NOT NULL,
    "data" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "audit_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "audit_at_id_idx" ON "audit"("at", "id");
CREATE INDEX "audit_tenant_id_at_id_idx" ON "audit"("tenant_id", "at", "id");
CREATE INDEX "audit_target_id_idx" ON "audit"("target_id");

CREATE TABLE "alert" (
    "id" UUID NOT NULL,
    "tenant_id" UUID,
    "kind" TEXT NOT NULL,
    "message" TEXT NOT NULL,
    "data" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "alert_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "alert_created_at_id_idx" ON "alert"("created_at", "id");
CREATE INDEX "alert_tenant_id_kind_created_at_idx" ON "alert"("tenant_id", "kind", "created_at");

-- ---------------------------------------------------------------------------------------------------------------
-- Steps: outputs of complete steps only, and where an added step comes from
-- ---------------------------------------------------------------------------------------------------------------

-- What a worker needs to run attempts: task facts, parameters, and the newest outputs of the dependencies, as far as these
-- are complete in this generation. `params.$input` stands for the task's input where a redrive has patched it.
-- Steps without dependencies see the whole input; later ones see it without the bulky `sources`.
CREATE OR REPLACE FUNCTION step_contexts(p_steps uuid[]) RETURNS TABLE (step_id uuid, context jsonb) LANGUAGE sql STABLE AS $$
  SELECT s.id, jsonb_build_object(
    'taskId', s.task_id, 'stepId', s.id, 'key', s.key, 'agent', s.agent, 'queue', s.queue, 'tenantId', s.tenant_id,
    'taskType', s.task_type, 'tier', s.tier, 'attempt', s.attempt, 'failures', s.failures, 'losses', s.losses,
    'params', s.params - '$input', 'journalGeneration', s.journal_generation, 'attemptTimeoutMs', s.attempt_timeout_ms,
    'leftMs', floor(extract(epoch FROM least(
        s.started_at + s.attempt_timeout_ms * interval '1 ms',
        s.first_started_at + s.total_timeout_ms * interval '1 ms',
        t.deadline_at) - clock_timestamp()) * 1000)::bigint,
    'generation', t.generation, 'pipelineVersion', t.pipeline_version, 'lane', t.lane, 'priority', t.priority,
    'quality', t.quality, 'createdAtMs', floor(extract(epoch FROM t.created_at) * 1000)::bigint,
    'input', CASE WHEN s.deps = '{}' THEN i.input ELSE i.input - 'sources' END,
    'outputs', coalesce((
      SELECT jsonb_object_agg(d.key, a.body)
      FROM unnest(s.deps) AS d(key)
      CROSS JOIN LATERAL (
        SELECT ar.body FROM artifact ar JOIN step m ON m.id = ar.step_id AND m.status = 'completed'
        WHERE ar.task_id = s.task_id AND ar.step_key = d.key ORDER BY ar.version DESC LIMIT 1) a), '{}'))
  FROM step s JOIN task t ON t.id = s.task_id
  CROSS JOIN LATERAL (SELECT coalesce(s.params -> '$input', t.input) AS input) i
  WHERE s.id = ANY (p_steps)
$$;

-- Settles completed attempts: fenced by attempt and session, writes results, extends the plan, frees successors.
-- p_items: [{ stepId, attempt, output, limitations, degraded, costNano, spawn: [step…], joins: { key: [new…] },
--             avoided: [{ entry, baselineNano }] }]; calls that were avoided enter the ledger with the settle.
-- p_handoff: queues whose freed step may go straight on in this session (at most one per task).
-- p_direct: queues whose freed steps become `queued` at once; the caller adds their jobs. Others become `ready`, and so do
-- steps of tenants with a cap, which dispatch alone counts. A hand-off takes the place of a step that ended: no cap grows.
-- Answers rows (kind, step_id, task_id, data): settled | already | fenced | handoff | queued | ready | finished | unfinished
CREATE OR REPLACE FUNCTION settle_steps(p_session uuid, p_items jsonb, p_handoff text[], p_direct text[])
RETURNS TABLE (kind text, step_id uuid, task_id uuid, data jsonb) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_steps uuid[] := ARRAY(SELECT (x ->> 'stepId')::uuid FROM jsonb_array_elements(p_items) x);
BEGIN
  PERFORM 1 FROM task WHERE id IN (SELECT s.task_id FROM step s WHERE s.id = ANY (v_steps)) ORDER BY id FOR UPDATE;
  IF p_items @? '$[*].avoided[0]' THEN
    PERFORM write_ledger_entry(v -> 'entry', 'avoided', 0, (v ->> 'baselineNano')::bigint)
    FROM jsonb_array_elements(p_items) i CROSS JOIN LATERAL jsonb_array_elements(i -> 'avoided') v
    WHERE EXISTS (SELECT 1 FROM step s WHERE s.id = (i ->> 'stepId')::uuid AND s.attempt = (i ->> 'attempt')::int
                  AND s.status = 'running' AND s.session_id = p_session);
  END IF;
  -- The limits below cut nothing off. They tell the planner how few rows to expect: its guess for a JSON array, 100, and
  -- 100 × 100 for arrays inside, would have it read whole tables instead of a few rows by their key.
  RETURN QUERY
  WITH item AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(p_items) AS x("stepId" uuid, attempt int, output jsonb, limitations jsonb,
      degraded boolean, "costNano" bigint, spawn jsonb, joins jsonb) LIMIT jsonb_array_length(p_items)
  ), done AS (
    UPDATE step s
    SET status = 'completed', finished_at = now(), session_id = NULL, error = NULL, degraded = i.degraded
    FROM item i
    WHERE s.id = i."stepId" AND s.attempt = i.attempt AND s.status = 'running' AND s.session_id = p_session
    RETURNING s.id, s.task_id, s.key, s.agent, s.attempt, s.next, s.tenant_id, s.task_type, s.journal_generation,
      s.started_at, s.deps, s.order_key, i.output, i.limitations, i.degraded, i."costNano" AS cost, i.spawn, i.joins
  ), stale AS (
    SELECT i."stepId" AS id, i.attempt, s.task_id,
      EXISTS (SELECT 1 FROM attempt a WHERE a.step_id = i."stepId" AND a.attempt = i.attempt AND a.outcome = 'completed') AS same
    FROM item i JOIN step s ON s.id = i."stepId" WHERE i."stepId" NOT IN (SELECT id FROM done)
  ), born AS (
    SELECT d.task_id, d.tenant_id, d.task_type, d.journal_generation, d.key AS spawner,
      -- As the step that adds them stands in line, so do they: a task that is run again stays behind what came before.
      d.order_key - CASE WHEN d.deps = '{}' THEN 10000000000000 ELSE 0 END AS order_key,
      n.*, row_number() OVER (PARTITION BY d.task_id) AS pos
    FROM done d CROSS JOIN LATERAL (
      SELECT * FROM jsonb_to_recordset(d.spawn) AS x(id uuid, key text, agent text, queue text, tier text,
        deps text[], next text[], "depsLeft" int, params jsonb, "attemptTimeoutMs" int, "totalTimeoutMs" int,
        "maxFailures" int, "backoffBaseMs" int, "backoffCapMs" int, "onExhausted" text)
      LIMIT jsonb_array_length(d.spawn)) n
  ), joined AS (
    SELECT d.task_id, j.key, array_agg(k.new) AS keys
    FROM done d
    CROSS JOIN LATERAL jsonb_each(d.joins) AS j(key, value)
    CROSS JOIN LATERAL (SELECT * FROM jsonb_array_elements_text(j.value) LIMIT jsonb_array_length(j.value)) AS k(new)
    GROUP BY 1, 2
  ), delta AS (
    SELECT task_id, key, sum(n)::int AS n FROM (
      SELECT d.task_id, x.key, -1 AS n FROM done d CROSS JOIN LATERAL unnest(d.next) AS x(key)
      UNION ALL SELECT task_id, key, cardinality(keys) FROM joined) c
    GROUP BY 1, 2
  ), changed AS (
    SELECT s.id, s.task_id, s.key, s.queue, s.deps_left + c.n AS deps_left, c.n
    FROM delta c JOIN step s ON s.task_id = c.task_id AND s.key = c.key
    WHERE s.status = 'pending'
  ), freed AS (
    SELECT c.id, c.task_id, c.queue, 0 AS pos FROM changed c WHERE c.deps_left = 0
    UNION ALL SELECT b.id, b.task_id, b.queue, b.pos FROM born b WHERE b."depsLeft" = 0
  ), handed AS (
    SELECT DISTINCT ON (f.task_id) f.id FROM freed f WHERE f.queue = ANY (p_handoff) ORDER BY f.task_id, f.pos
  ), fate AS (
    SELECT f.id, CASE WHEN f.id IN (SELECT id FROM handed) THEN 'running'
                      WHEN f.queue = ANY (p_direct) AND NOT EXISTS (
                        SELECT 1 FROM task t JOIN tenant n ON n.id = t.tenant_id
                        WHERE t.id = f.task_id AND n.max_concurrency IS NOT NULL) THEN 'queued'
                      ELSE 'ready' END AS status
    FROM freed f
  ), advanced AS (
    UPDATE step s
    SET deps_left = c.deps_left,
        deps = s.deps || coalesce(j.keys, '{}'),
        status = coalesce(f.status, s.status),
        attempt = s.attempt + (f.status IS NOT DISTINCT FROM 'running')::int,
        session_id = CASE WHEN f.status = 'running' THEN p_session END,
        queued_at = CASE WHEN f.status IS NOT NULL THEN now() END,
        available_at = CASE WHEN f.status IS NOT NULL THEN now() ELSE s.available_at END,
        started_at = CASE WHEN f.status = 'running' THEN now() END,
        first_started_at = CASE WHEN f.status = 'running' THEN coalesce(s.first_started_at, now()) ELSE s.first_started_at END
    FROM changed c LEFT JOIN fate f ON f.id = c.id
    LEFT JOIN joined j ON j.task_id = c.task_id AND j.key = c.key
    WHERE s.id = c.id
    RETURNING s.id, s.task_id, s.key, s.agent, s.queue, s.status, s.attempt, f.status AS fate
  ), spawned AS (
    INSERT INTO step (id, task_id, key, agent, queue, tenant_id, task_type, tier, status, deps, next, deps_left, attempt,
      journal_generation, available_at, order_key, session_id, params, attempt_timeout_ms, total_timeout_ms, max_failures,
      backoff_base_ms, backoff_cap_ms, on_exhausted, queued_at, started_at, first_started_at, spawned_by)
    SELECT b.id, b.task_id, b.key, b.agent, b.queue, b.tenant_id, b.task_type, b.tier, coalesce(f.status, 'pending'),
      b.deps, b.next, b."depsLeft", (f.status IS NOT DISTINCT FROM 'running')::int, b.journal_generation, now(),
      b.order_key, CASE WHEN f.status = 'running' THEN p_session END, b.params,
      b."attemptTimeoutMs", b."totalTimeoutMs", b."maxFailures", b."backoffBaseMs", b."backoffCapMs", b."onExhausted",
      CASE WHEN f.status IS NOT NULL THEN now() END,
      CASE WHEN f.status = 'running' THEN now() END, CASE WHEN f.status = 'running' THEN now() END, b.spawner
    FROM born b LEFT JOIN fate f ON f.id = b.id
    RETURNING id, task_id, key, agent, queue, status, attempt
  ), moving AS (
    SELECT id, task_id, key, agent, queue, status, attempt FROM advanced WHERE fate IS NOT NULL
    UNION ALL SELECT id, task_id, key, agent, queue, status, attempt FROM spawned WHERE status <> 'pending'
  ), kept AS (
    INSERT INTO artifact (id, task_id, step_id, step_key, generation, attempt, version, body)
    SELECT gen_random_uuid(), d.task_id, d.id, d.key, t.generation, d.attempt,
      coalesce((SELECT max(a.version) FROM artifact a WHERE a.task_id = d.task_id AND a.step_key = d.key), 0) + 1, d.output
    FROM done d JOIN task t ON t.id = d.task_id
  ), history AS (
    INSERT INTO attempt (step_id, attempt, task_id, generation, session_id, outcome, started_at, finished_at, cost_nano)
    SELECT d.id, d.attempt, d.task_id, t.generation, p_session, 'completed', d.started_at, now(), d.cost
    FROM done d JOIN task t ON t.id = d.task_id
  ), sums AS (
    SELECT d.task_id, count(*)::int AS steps, sum(d.cost)::bigint AS cost, bool_or(d.degraded) AS degraded,
      coalesce((SELECT jsonb_agg(l) FROM done x CROSS JOIN LATERAL jsonb_array_elements(x.limitations) l
                WHERE x.task_id = d.task_id), '[]') AS limitations,
      (SELECT count(*)::int FROM born b WHERE b.task_id = d.task_id) AS born
    FROM done d GROUP BY d.task_id
  ), outcome AS (
    SELECT t.id, t.event_seq, t.generation, t.spent_nano + s.cost AS spent, s.*,
      t.steps_left - s.steps + s.born = 0 AS last, t.steps_bad = 0 AS clean
    FROM sums s JOIN task t ON t.id = s.task_id
  ), said AS (
    SELECT o.id AS task_id, o.event_seq, o.generation, 1 AS pos, d.key, 'step.completed' AS type,
      jsonb_build_object('step', d.key, 'agent', d.agent, 'attempt', d.attempt) AS data
    FROM done d JOIN outcome o ON o.id = d.task_id
    UNION ALL
    SELECT o.id, o.event_seq, o.generation, 2, NULL, 'cost.updated', jsonb_build_object('spentNano', o.spent::text)
    FROM outcome o WHERE o.cost > 0
    UNION ALL
    SELECT o.id, o.event_seq, o.generation, 3, m.key, 'step.started',
      jsonb_build_object('step', m.key, 'agent', m.agent, 'attempt', m.attempt)
    FROM moving m JOIN outcome o ON o.id = m.task_id WHERE m.status = 'running'
    UNION ALL
    SELECT o.id, o.event_seq, o.generation, 4, NULL, 'task.completed', '{}' FROM outcome o WHERE o.last AND o.clean
  ), told AS (
    INSERT INTO task_event (task_id, seq, generation, type, data)
    SELECT s.task_id, s.event_seq + row_number() OVER (PARTITION BY s.task_id ORDER BY s.pos, s.key), s.generation, s.type, s.data
    FROM said s
  ), advanced_task AS (
    UPDATE task t
    SET event_seq = t.event_seq + (SELECT count(*)::int FROM said s WHERE s.task_id = t.id),
        steps_total = t.steps_total + o.born,
        steps_left = t.steps_left - o.steps + o.born,
        spent_nano = o.spent,
        degraded = t.degraded OR o.degraded,
        limitations = t.limitations || o.limitations,
        status = CASE WHEN o.last AND o.clean THEN 'completed' ELSE t.status END,
        finished_at = CASE WHEN o.last AND o.clean THEN now() END
    FROM outcome o WHERE t.id = o.id
  )
  SELECT 'settled', d.id, d.task_id, NULL::jsonb FROM done d
  UNION ALL
  SELECT CASE WHEN s.same THEN 'already' ELSE 'fenced' END, s.id, s.task_id, NULL FROM stale s
  UNION ALL
  SELECT CASE m.status WHEN 'running' THEN 'handoff' ELSE m.status END, m.id, m.task_id,
    jsonb_build_object('queue', m.queue, 'attempt', m.attempt, 'priority', t.priority)
  FROM moving m JOIN task t ON t.id = m.task_id
  UNION ALL
  SELECT CASE WHEN o.clean THEN 'finished' ELSE 'unfinished' END, NULL, o.id, NULL FROM outcome o WHERE o.last;
END $$;
